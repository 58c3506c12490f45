import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { once } from 'node:events';
import { fail, ok, type Result } from '../../base/result.ts';
import { wavHeadOf } from '../../media/recording/index.ts';
import type { Sound } from './archive.ts';

/** Why ffmpeg made nothing. `no-converter`: it is not installed. */
export interface ConvertError {
  readonly code: 'no-converter' | 'converter-failed';
  readonly message: string;
  readonly retryable: boolean;
}

/**
 * Two Opus streams of 16 kb/s that know nothing of each other (RFC 7845 mapping family 255): with a stereo pair a voice
 * would be heard faintly on the other's side.
 */
const toOpus = [
  ...['-f', 'wav', '-i', 'pipe:0', '-c:a', 'libopus', '-b:a', '32k', '-application', 'voip'],
  ...['-mapping_family', '255', '-f', 'ogg', 'pipe:1'],
];
const toPcm = ['-f', 'ogg', '-i', 'pipe:0', '-ar', '8000', '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'];

/** What is given to ffmpeg at a time. */
const pieceBytes = 1 << 18;

/** Turns a recording into an Ogg file of Opus. */
export function opusOf(sound: Sound, program = 'ffmpeg'): Promise<Result<Buffer, ConvertError>> {
  return convert(sound, toOpus, program);
}

/** Turns an Ogg file into WAV: PCM16, 8 kHz, two channels. */
export async function wavOf(sound: Sound, program = 'ffmpeg'): Promise<Result<Buffer, ConvertError>> {
  const made = await convert(sound, toPcm, program);
  // Into a pipe ffmpeg cannot write the sizes that it learns only at the end, so the head is ours.
  return made.ok ? ok(Buffer.concat([wavHeadOf(made.value.length >> 2), made.value])) : made;
}

async function convert(sound: Sound, how: readonly string[], program: string): Promise<Result<Buffer, ConvertError>> {
  const child = spawn(program, ['-v', 'error', ...how], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
    if (!started) return fail({ code: 'no-converter', message: `${program} is not installed`, retryable: true });
  } catch {
    return fail({ code: 'no-converter', message: `${program} is not installed`, retryable: true });
  }
  lower(child);
  const made: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (piece: Buffer) => made.push(piece));
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-500)));
  // It may end before it has read everything; its exit code tells.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close') as Promise<[number | null]>;
  await feed(sound, child);
  const [code] = await ended;
  if (code === 0) return ok(Buffer.concat(made));
  return fail({
    code: 'converter-failed',
    message: said.trim() || `${program} ended with ${String(code)}`,
    retryable: false,
  });
}

async function feed(sound: Sound, { stdin }: ChildProcess): Promise<void> {
  if (stdin === null) return;
  for (let from = 0; from < sound.size && stdin.writable; from += pieceBytes)
    if (!stdin.write(sound.read(from, from + pieceBytes)))
      await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => undefined);
  stdin.end();
}

/** Calls before recordings. */
function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It ended already.
  }
}
