import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { once } from 'node:events';
import { fail, ok, type Result } from '../../base/result.ts';
import { wavHeadOf } from '../../media/recording/index.ts';
import type { Channels, FilmType, Sound } from './sound.ts';

/** Why ffmpeg made nothing. `no-converter`: it is not installed. */
export interface ConvertError {
  readonly code: 'no-converter' | 'converter-failed';
  readonly message: string;
  readonly retryable: boolean;
}

const kilobits = (channels: number): string => `${String(16 * channels)}k`;

/**
 * An Opus stream of 16 kb/s for each channel, which know nothing of each other (RFC 7845 mapping family 255): with a stereo pair a
 * voice would be heard faintly on the other's side.
 */
const opus = ['-c:a', 'libopus', '-application', 'voip', '-mapping_family', '255'];

/** What is read: a film has everybody's own channels as a second sound. */
function inputOf({ type, channels }: Sound, wanted: Channels): string[] {
  const film = type.startsWith('video/');
  const second = film && wanted === 'all' && channels > 2;
  const form = { 'audio/wav': ['-f', 'wav'], 'audio/ogg': [] }[type as string] ?? ['-f', 'matroska'];
  return [...form, '-i', 'pipe:0', '-map', second ? '0:a:1' : '0:a:0'];
}

/** Where a sound has more channels than are wanted, everybody whom the caller heard goes to the right. */
function foldOf({ type, channels }: Sound, wanted: Channels): string[] {
  if (wanted === 'all' || channels === 2 || type.startsWith('video/')) return [];
  const heard = Array.from({ length: channels - 1 }, (_, at) => `c${String(at + 1)}`);
  return ['-af', `pan=stereo|c0=c0|c1=${heard.join('+')}`];
}

function countOf({ channels }: Sound, wanted: Channels): number {
  return wanted === 'all' ? channels : 2;
}

/** What is given to ffmpeg at a time. */
const pieceBytes = 1 << 18;

/** Turns a recording into an Ogg file of Opus; the sound of a film of Opus is taken as it is in there. */
export function opusOf(
  sound: Sound,
  wanted: Channels = 'two',
  program = 'ffmpeg',
): Promise<Result<Buffer, ConvertError>> {
  const coded = [...foldOf(sound, wanted), ...opus, '-b:a', kilobits(countOf(sound, wanted))];
  const how = sound.type === 'video/webm' ? ['-c:a', 'copy'] : coded;
  return gathered(sound, [...inputOf(sound, wanted), ...how, '-f', 'ogg', 'pipe:1'], program);
}

/** Turns an Ogg file, or a film, into WAV: PCM16, 8 kHz. */
export async function wavOf(
  sound: Sound,
  wanted: Channels = 'two',
  program = 'ffmpeg',
): Promise<Result<Buffer, ConvertError>> {
  const pcm = ['-ar', '8000', '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'];
  // Into a pipe ffmpeg cannot write the sizes that it learns only at the end, so the head is ours.
  const channels = countOf(sound, wanted);
  const head = (bytes: number): Buffer => wavHeadOf(Math.floor(bytes / 2 / channels), channels);
  return gathered(sound, [...inputOf(sound, wanted), ...foldOf(sound, wanted), ...pcm], program, head);
}

/**
 * Muxes a film: the pictures as they were sent, the sound as Opus (in WebM also where browsers are to play it) or, in Matroska, as the
 * G.711 it was; `channels` of everybody's own, as a second sound, where they are more than two. `take` gets the file piece by piece; what it throws ends it.
 */
export function muxed(
  film: Iterable<Buffer>,
  {
    type,
    sound,
    channels = 2,
  }: { readonly type: FilmType; readonly sound: 'opus' | 'g711'; readonly channels?: number },
  take: (piece: Buffer) => void,
  program = 'ffmpeg',
): Promise<Result<undefined, ConvertError>> {
  const rates = ['-b:a:0', kilobits(2), ...(channels > 2 ? ['-b:a:1', kilobits(channels)] : [])];
  const audio = sound === 'opus' ? [...opus, ...rates] : ['-c:a', 'pcm_mulaw'];
  const how = ['-f', 'matroska', '-i', 'pipe:0', '-map', '0', '-c:v', 'copy', ...audio];
  return convert(film, [...how, '-f', type === 'video/webm' ? 'webm' : 'matroska', 'pipe:1'], take, program);
}

/** All that ffmpeg makes, behind a `head` that knows how many bytes that are. */
async function gathered(
  sound: Sound,
  how: readonly string[],
  program: string,
  head: (bytes: number) => Buffer = () => Buffer.alloc(0),
): Promise<Result<Buffer, ConvertError>> {
  const made: Buffer[] = [];
  const done = await convert(piecesOf(sound), how, (piece) => void made.push(piece), program);
  if (!done.ok) return done;
  return ok(Buffer.concat([head(made.reduce((bytes, { length }) => bytes + length, 0)), ...made]));
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
