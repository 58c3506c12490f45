/** The graded card of a trunk test. Pure. */
import type { AudioCount, RemoteAudio } from './echo-audio.ts';

/** `good`: as it should be; `fair`: works, with a drawback; `bad`: does not work; `skipped`: could not be looked at. */
export type Grade = 'good' | 'fair' | 'bad' | 'skipped';

export const checkNames = [
  'registration',
  'reachability',
  'call',
  'codec',
  'early-media',
  'dtmf',
  'session-timer',
  'audio',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface Check {
  readonly name: CheckName;
  readonly grade: Grade;
  /** Facts, not words: `200 in 12 ms`, `PCMA`, `rfc4733`. */
  readonly found: string;
}

/** What a test saw. */
export interface Findings {
  /** Null: the trunk does not register. */
  readonly registration: { readonly phase: string; readonly reason: string | null } | null;
  /** Those that are asked by OPTIONS. */
  readonly targets: readonly { readonly uri: string; readonly status: number; readonly rttMs: number }[];
  /** Null: there was no number to call; a text: why no call was made. */
  readonly call: CallFindings | string | null;
}

export interface CallFindings {
  /** The final answer. */
  readonly status: number;
  readonly reason: string;
  /** Provisional answers, in order. */
  readonly progress: readonly number[];
  /** A provisional answer had SDP; audio that came before the 200. */
  readonly early: { readonly sdp: boolean; readonly packets: number };
  /** Of the 200; undefined when the call failed or there was no audio in it. */
  readonly remote: RemoteAudio | undefined;
  /** Session-Expires of the 200, seconds. */
  readonly sessionInSeconds: number | null;
  readonly audio: AudioCount | null;
}

function registrationCheck({ registration }: Findings): Check {
  if (registration === null) return { name: 'registration', grade: 'skipped', found: '-' };
  const { phase, reason } = registration;
  const found = reason === null ? phase : `${phase}: ${reason}`;
  return { name: 'registration', grade: phase === 'registered' ? 'good' : 'bad', found };
}

/** Anything but 503 (and silence) was answered by somebody; an error status is worth a look. */
function targetGrade(status: number): Grade {
  if (status === 408 || status === 503) return 'bad';
  return status < 300 || status === 405 || status === 501 ? 'good' : 'fair';
}

function reachability({ targets }: Findings): Check {
  const grades = targets.map(({ status }) => targetGrade(status));
  const found = targets.map(
    ({ uri, status, rttMs }) => `${uri} ${status === 408 ? 'no answer' : `${status} in ${rttMs} ms`}`,
  );
  const alive = grades.filter((grade) => grade !== 'bad').length;
  const grade =
    targets.length === 0 ? 'skipped' : alive === 0 ? 'bad' : grades.every((each) => each === 'good') ? 'good' : 'fair';
  return { name: 'reachability', grade, found: found.join(', ') || 'no OPTIONS' };
}

const skipped = (name: CheckName): Check => ({ name, grade: 'skipped', found: '-' });

function callChecks(call: CallFindings): Check[] {
  const { status, reason, progress, early, remote, sessionInSeconds, audio } = call;
  const answered = status >= 200 && status < 300;
  const way = [...progress, status].join(' ');
  const first: Check = { name: 'call', grade: answered ? 'good' : 'bad', found: answered ? way : `${way} ${reason}` };
  const earlyCheck: Check = {
    name: 'early-media',
    grade: early.sdp && early.packets === 0 ? 'fair' : 'good',
    found: early.sdp ? `183, ${early.packets} packets` : 'none',
  };
  if (!answered)
    return [first, skipped('codec'), earlyCheck, skipped('dtmf'), skipped('session-timer'), skipped('audio')];
  const codec = remote?.codec ?? null;
  return [
    first,
    { name: 'codec', grade: codec === null ? 'bad' : 'good', found: codec ?? 'none of ours' },
    earlyCheck,
    dtmfCheck(remote, audio),
    {
      name: 'session-timer',
      grade: sessionInSeconds === null ? 'fair' : 'good',
      found: sessionInSeconds === null ? 'none' : `${sessionInSeconds} s`,
    },
    audioCheck(audio),
  ];
}

function dtmfCheck(remote: RemoteAudio | undefined, audio: AudioCount | null): Check {
  if (remote === undefined || remote.eventType === null) return { name: 'dtmf', grade: 'fair', found: 'in-band' };
  return { name: 'dtmf', grade: 'good', found: audio?.digitEchoed === true ? 'rfc4733, echoed' : 'rfc4733' };
}

/** One-way audio: we talked for seconds and nothing, or hardly anything, came back. */
function audioCheck(audio: AudioCount | null): Check {
  if (audio === null) return { name: 'audio', grade: 'bad', found: 'no audio in the answer' };
  const { sent, received, echoed } = audio;
  const share = received / Math.max(1, sent);
  const found = `${sent} sent, ${received} received, ${echoed} echoed`;
  if (received === 0) return { name: 'audio', grade: 'bad', found: `one-way: ${found}` };
  return { name: 'audio', grade: share >= 0.9 ? 'good' : share >= 0.5 ? 'fair' : 'bad', found };
}

/** Every check, in the order of `checkNames`. */
export function checksOf(findings: Findings): Check[] {
  const { call } = findings;
  const rest: readonly CheckName[] = ['codec', 'early-media', 'dtmf', 'session-timer', 'audio'];
  const calls =
    call === null
      ? [skipped('call'), ...rest.map(skipped)]
      : typeof call === 'string'
        ? [{ name: 'call', grade: 'bad', found: call } as const, ...rest.map(skipped)]
        : callChecks(call);
  return [registrationCheck(findings), reachability(findings), ...calls];
}

/** `A`: all good. `B`: something is fair. `C`: it was not called. `F`: something does not work. */
export function gradeOf(checks: readonly Check[]): 'A' | 'B' | 'C' | 'F' {
  if (checks.some(({ grade }) => grade === 'bad')) return 'F';
  if (checks.some(({ name, grade }) => name === 'call' && grade === 'skipped')) return 'C';
  return checks.some(({ grade }) => grade === 'fair') ? 'B' : 'A';
}
