/** Tests a trunk: OPTIONS to every target, then a call to a number that echoes. */
import type { CallFindings, Findings } from './card.ts';
import { type AudioPlace, EchoAudio, remoteAudio } from './echo-audio.ts';
import type { TrunkLine } from './line.ts';
import type { Attempt, AttemptFailure, OutgoingCall } from './outgoing.ts';
import type { NotPlaced } from './facts.ts';

/** A call on its way, without call machine or media node. The adapter is in `drachtio.ts`. */
export interface TestInvite {
  /** The final answer; never rejects. */
  readonly ended: Promise<TestAnswer>;
  /** Ends the call, whatever state it is in. Idempotent. */
  close(): void;
}

export interface TestAnswer {
  readonly status: number;
  readonly reason: string;
  /** Of the 200; empty otherwise. */
  readonly sdp: string;
  /** Session-Expires, seconds. */
  readonly sessionInSeconds: number | null;
  readonly failure: AttemptFailure;
}

export interface ProbePorts {
  readonly line: TrunkLine;
  readonly audio: AudioPlace;
  readonly call: (sdp: string) => { readonly call: OutgoingCall; readonly first: Attempt } | NotPlaced;
  readonly invite: (attempt: Attempt, progress: (status: number, sdp: string) => void) => TestInvite;
  /** The far side answered: the call costs from now on. */
  readonly answered: () => void;
  /** The call is over, however it went. */
  readonly over: () => void;
  readonly talkMs: number;
}

/** Runs the whole test. Never rejects. */
export async function probe(ports: ProbePorts, hasNumber: boolean): Promise<Findings> {
  const { line } = ports;
  // A carrier that is never asked by OPTIONS need not answer it now: its call says whether it can be reached.
  const asked = line.config.health.everyMs > 0 ? line.config.targets : [];
  const targets = await Promise.all(
    asked.map(async ({ uri }) => {
      const { status, rttMs } = await line.ping(uri);
      return { uri, status, rttMs };
    }),
  );
  const registration =
    line.config.registration === null
      ? null
      : { phase: line.registration?.phase ?? 'no-password', reason: line.registration?.reason ?? null };
  return { registration, targets, call: hasNumber ? await testCall(ports) : null };
}

async function testCall(ports: ProbePorts): Promise<CallFindings | string> {
  const audio = await EchoAudio.open(ports.audio);
  if (audio === undefined) return 'no free RTP port';
  const placed = ports.call(audio.offer);
  try {
    return typeof placed === 'string' ? placed : await talkTo(ports, audio, placed);
  } finally {
    audio.close();
    ports.over();
  }
}

async function talkTo(
  ports: ProbePorts,
  audio: EchoAudio,
  { call, first }: { readonly call: OutgoingCall; readonly first: Attempt },
): Promise<CallFindings> {
  const progress: number[] = [];
  let earlySdp = false;
  const seen = (status: number, sdp: string): void => {
    progress.push(status);
    earlySdp ||= sdp !== '';
    call.progressed();
  };
  let invite = ports.invite(first, seen);
  let answer = await invite.ended;
  for (let next = again(call, answer); next !== undefined; next = again(call, answer)) {
    invite = ports.invite(next, seen);
    answer = await invite.ended;
  }
  const { status, reason, sdp, sessionInSeconds } = answer;
  if (status < 300) ports.answered();
  const early = { sdp: earlySdp, packets: audio.received };
  const remote = remoteAudio(sdp);
  const count = remote === undefined || remote.codec === null ? null : await audio.talk(remote, ports.talkMs);
  invite.close();
  return { status, reason, progress, early, remote, sessionInSeconds, audio: count };
}

function again(call: OutgoingCall, { status, failure }: TestAnswer): Attempt | undefined {
  return status < 300 ? undefined : call.afterFailure(failure);
}
