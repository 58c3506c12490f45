/** Places the demo call and tells, line by line, what happens. */
import { open, writeFile } from 'node:fs/promises';
import { assertNever } from '../../base/assert-never.ts';
import type { Call, CallEnd, CallEvent, CallReport } from '../caller/index.ts';
import { callScript, CallSetupError, placeCall, writeWav } from '../caller/index.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes } from '../terminal.ts';
import { callTexts } from '../texts/call.ts';
import { speaker } from '../texts/text.ts';
import type { PlaceOptions } from './options.ts';

type Say = (key: keyof typeof callTexts & string, facts?: Record<string, string | number>) => string;

const hostText = (options: PlaceOptions): string => `${options.to.host}:${String(options.to.port)}`;

/** One event as a line for people; `undefined` for what needs no words. */
export function describeEvent(event: CallEvent, options: PlaceOptions, say: Say): string | undefined {
  switch (event.type) {
    case 'progress': {
      const key = event.status === 100 ? 'trying' : event.status === 180 ? 'ringing' : 'progress';
      return say(key, { status: event.status, reason: event.reason });
    }
    case 'answered':
      return say('answered', { by: event.by, codec: event.codec });
    case 'digit-sent':
      return say(event.how === 'event' ? 'digit-event' : 'digit-tone', { digit: event.digit });
    case 'speaking':
      return say('speaking', { turn: event.turn, times: options.sayTimes, what: options.words?.name ?? '' });
    case 'digit-heard':
      return say('digit-heard', { digit: event.digit });
    case 'first-audio':
    case 'spoke':
    case 'script-ended':
    case 'held':
    case 'resumed':
      return say(event.type);
    case 'ended':
      return undefined;
    default:
      return assertNever(event);
  }
}

/** What a refusal means for a newcomer. */
function meaningOf(end: Extract<CallEnd, { type: 'refused' }>, say: Say): string {
  const { status } = end;
  if (status < 400) return say('refused-3xx', { to: end.to ?? '?' });
  if (status === 407) return say('refused-401');
  const key = `refused-${String(status)}`;
  if (key in callTexts) return say(key as keyof typeof callTexts);
  return say(status >= 500 && status < 600 ? 'refused-5xx' : 'refused-other');
}

/** How it ended, in one line. */
export function describeEnd(end: CallEnd, options: PlaceOptions, say: Say): string {
  switch (end.type) {
    case 'hung-up':
      return end.by === 'caller'
        ? say('end-caller')
        : say('end-far-side') + (end.reason === undefined ? '' : ` (${end.reason})`);
    case 'refused':
      return say('end-refused', { status: end.status, reason: end.reason, meaning: meaningOf(end, say) }).trim();
    case 'cancelled':
      return say('end-cancelled');
    case 'unreachable':
      return say('end-unreachable', { host: hostText(options), transport: options.transport, detail: end.detail });
    case 'broken':
      return say('end-broken', { detail: end.detail });
    default:
      return assertNever(end);
  }
}

/** The exit code: 0 talked or cancelled by the user, 1 refused or broken, 3 nobody there. */
export function exitCodeOf(end: CallEnd): number {
  switch (end.type) {
    case 'hung-up':
    case 'cancelled':
      return exitCodes.ok;
    case 'refused':
    case 'broken':
      return exitCodes.failed;
    case 'unreachable':
      return exitCodes.unreachable;
    default:
      return assertNever(end);
  }
}

function lossPercent(report: CallReport): string {
  const { packets, lost } = report.received;
  return packets + lost === 0 ? '0' : ((100 * lost) / (packets + lost)).toFixed(1);
}

function summaryLine(report: CallReport, say: Say): string {
  return say('summary', {
    seconds: (report.durationMs / 1000).toFixed(1),
    sent: report.sent.packets,
    received: report.received.packets,
    lost: report.received.lost,
    percent: lossPercent(report),
    jitter: report.received.jitterMs,
    digits: report.sent.digits,
  });
}

/** The first Ctrl-C hangs up, the second ends at once. Returns how to stop listening. */
function hangUpOnSignals(call: Call, terminal: Terminal, say: Say): () => void {
  const stop = (signal: NodeJS.Signals): void => {
    process.once('SIGINT', () => process.exit(130));
    if (signal === 'SIGINT') terminal.err(say('stopping'));
    call.hangUp();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}

/** Redraws the line of counts once a second. */
function showCounts(call: Call, terminal: Terminal, say: Say): () => void {
  const timer = setInterval(() => {
    const { sentPackets, received } = call.statistics;
    if (received.packets + sentPackets === 0) return;
    const seconds = Math.round(call.mediaElapsedMs / 1000);
    const { packets, lost, jitterMs } = received;
    terminal.live(say('live', { seconds, sent: sentPackets, received: packets, lost, jitter: jitterMs }));
  }, 1000);
  return () => clearInterval(timer);
}

/** A file that cannot be written is found out before the call, not after it. */
async function checkWritable(file: string, say: Say): Promise<void> {
  try {
    await (await open(file, 'a')).close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(exitCodes.usage, say('no-write', { file, reason }));
  }
}

async function place(options: PlaceOptions, onEvent: (event: CallEvent) => void): Promise<Call> {
  return placeCall({
    called: options.called,
    to: options.to,
    transport: options.transport,
    from: options.from,
    codecs: options.codecs,
    record: options.record !== undefined,
    script: callScript({
      digits: options.digits,
      digitsAfterMs: options.digitsAfterMs,
      speech: options.words?.samples,
      sayAfterMs: options.sayAfterMs,
      sayTimes: options.sayTimes,
      sayEveryMs: options.sayEveryMs,
    }),
    onEvent,
  });
}

/** The call from dialling to its end. */
async function converse(
  options: PlaceOptions,
  terminal: Terminal,
  say: Say,
  onEvent: (event: CallEvent) => void,
): Promise<CallReport> {
  const call = await place(options, onEvent);
  const undo = [hangUpOnSignals(call, terminal, say), showCounts(call, terminal, say)];
  const { durationMs } = options;
  let timer: NodeJS.Timeout | undefined;
  if (durationMs !== undefined)
    call.events.on((event) => {
      if (event.type === 'answered') timer = setTimeout(() => call.hangUp(), durationMs);
    });
  try {
    return await call.ended;
  } finally {
    clearTimeout(timer);
    for (const each of undo) each();
  }
}

/** Runs `call CALLED` to its end; resolves with the exit code. */
export async function runCall(options: PlaceOptions, terminal: Terminal): Promise<number> {
  const say = speaker(callTexts, terminal.language);
  if (options.record !== undefined) await checkWritable(options.record, say);
  const tell = options.json ? (): void => undefined : (line: string): void => terminal.out(line);
  const events: (CallEvent & { readonly atMs: number })[] = [];
  const began = performance.now();
  tell(say('dialling', { called: options.called, host: hostText(options), transport: options.transport }));
  const onEvent = (event: CallEvent): void => {
    const atMs = Math.round(performance.now() - began);
    events.push({ ...event, atMs });
    const line = describeEvent(event, options, say);
    if (line !== undefined) tell(`${(atMs / 1000).toFixed(1).padStart(6)}  ${line}`);
  };
  let report: CallReport;
  try {
    report = await converse(options, terminal, say, onEvent);
  } catch (error) {
    if (!(error instanceof CallSetupError)) throw error;
    const end: CallEnd = { type: 'unreachable', detail: error.message };
    throw new CliError(exitCodes.unreachable, describeEnd(end, options, say));
  }
  await finish(report, options, terminal, say, events);
  return exitCodeOf(report.end);
}

async function finish(
  report: CallReport,
  options: PlaceOptions,
  terminal: Terminal,
  say: Say,
  events: readonly unknown[],
): Promise<void> {
  const { recording, ...facts } = report;
  const file = options.record;
  if (file !== undefined) await writeFile(file, writeWav(recording, 8000));
  if (options.json) {
    terminal.out(JSON.stringify({ ...facts, events, ...(file === undefined ? {} : { recording: file }) }));
    return;
  }
  const ending = describeEnd(report.end, options, say);
  if (exitCodeOf(report.end) === exitCodes.ok) terminal.out(ending);
  else terminal.err(ending);
  if (report.setUpMs !== undefined) terminal.out(summaryLine(report, say));
  if (file !== undefined) terminal.out(say('recorded', { file, seconds: (recording.length / 8000).toFixed(1) }));
}
