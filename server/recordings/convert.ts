import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { once } from 'node:events';
import { fail, ok, type Result } from '../../base/result.ts';
import { wavHeadOf } from '../../media/recording/index.ts';
import type { FilmType, Sound } from './sound.ts';

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
const opus = ['-c:a', 'libopus', '-b:a', '32k', '-application', 'voip', '-mapping_family', '255'];
const toOpus = (wav: boolean): string[] => [
  ...(wav ? ['-f', 'wav'] : []),
  ...['-i', 'pipe:0', '-map', '0:a:0', ...opus, '-f', 'ogg', 'pipe:1'],
];
const toPcm = ['-i', 'pipe:0', '-map', '0:a:0', '-ar', '8000', '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'];
/** The sound of a film as it is in there. */
const toSound = ['-f', 'matroska', '-i', 'pipe:0', '-map', '0:a:0', '-c:a', 'copy', '-f', 'ogg', 'pipe:1'];

/** What is given to ffmpeg at a time. */
const pieceBytes = 1 << 18;

/** Turns a recording into an Ogg file of Opus. */
export function opusOf(sound: Sound, program = 'ffmpeg'): Promise<Result<Buffer, ConvertError>> {
  return gathered(sound, sound.type === 'video/webm' ? toSound : toOpus(sound.type === 'audio/wav'), program);
}

/** Turns an Ogg file, or a film, into WAV: PCM16, 8 kHz, two channels. */
export async function wavOf(sound: Sound, program = 'ffmpeg'): Promise<Result<Buffer, ConvertError>> {
  const made = await gathered(sound, toPcm, program);
  // Into a pipe ffmpeg cannot write the sizes that it learns only at the end, so the head is ours.
  return made.ok ? ok(Buffer.concat([wavHeadOf(made.value.length >> 2), made.value])) : made;
}

/**
 * Muxes a film: the pictures as they were sent, the sound as Opus (in WebM also where browsers are to play it) or, in Matroska, as the
 * G.711 it was. `take` gets the file piece by piece; what it throws ends it.
 */
export function muxed(
  film: Iterable<Buffer>,
  { type, sound }: { readonly type: FilmType; readonly sound: 'opus' | 'g711' },
  take: (piece: Buffer) => void,
  program = 'ffmpeg',
): Promise<Result<undefined, ConvertError>> {
  const audio = sound === 'opus' ? opus : ['-c:a', 'pcm_mulaw'];
  const how = ['-f', 'matroska', '-i', 'pipe:0', '-map', '0', '-c:v', 'copy', ...audio];
  return convert(film, [...how, '-f', type === 'video/webm' ? 'webm' : 'matroska', 'pipe:1'], take, program);
}

async function gathered(sound: Sound, how: readonly string[], program: string): Promise<Result<Buffer, ConvertError>> {
  const made: Buffer[] = [];
  const done = await convert(piecesOf(sound), how, (piece) => void made.push(piece), program);
  return done.ok ? ok(Buffer.concat(made)) : done;
}

function* piecesOf(sound: Sound): Generator<Buffer> {
  for (let from = 0; from < sound.size; from += pieceBytes) yield sound.read(from, from + pieceBytes);
}

async function convert(
  input: Iterable<Buffer>,
  how: readonly string[],
  take: (piece: Buffer) => void,
  program: string,
): Promise<Result<undefined, ConvertError>> {
  const child = spawn(program, ['-v', 'error', ...how], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    const started = await Promise.race([once(child, 'spawn').then(() => true), once(child, 'error').then(() => false)]);
    if (!started) return fail({ code: 'no-converter', message: `${program} is not installed`, retryable: true });
  } catch {
    return fail({ code: 'no-converter', message: `${program} is not installed`, retryable: true });
  }
  lower(child);
  let said = '';
  const stop = (error: unknown): void => {
    said = error instanceof Error ? error.message : String(error);
    child.kill('SIGKILL');
  };
  child.stdout.on('data', (piece: Buffer) => {
    try {
      take(piece);
    } catch (error) {
      stop(error);
    }
  });
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-500)));
  // It may end before it has read everything; its exit code tells.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close') as Promise<[number | null]>;
  await feed(input, child).catch(stop);
  const [code] = await ended;
  if (code === 0) return ok(undefined);
  return fail({
    code: 'converter-failed',
    message: said.trim() || `${program} ended with ${String(code)}`,
    retryable: false,
  });
}

async function feed(input: Iterable<Buffer>, { stdin }: ChildProcess): Promise<void> {
  if (stdin === null) return;
  for (const piece of input) {
    if (!stdin.writable) break;
    if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]).catch(() => undefined);
  }
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
