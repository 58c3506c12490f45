import { speechOfUri } from '../../base/speech-uri.ts';
import type { GraphPlay } from '../../protocol/media.ts';
import { passage, translate } from '../audio/g711.ts';
import { silentPayload } from '../audio/outlet.ts';
import type { Codec } from '../sdp/index.ts';
import type { LoadedPrompt } from './messages.ts';

/** Bytes of a 20 ms frame of G.711 and of G.722. */
const frameBytes = 160;

/** How many pieces of music a leg knows its place in. */
const mostLeft = 8;

/** Gets a prompt, encoded; the answer may come at once or later. */
export type WantPrompt = (path: string, codec: Codec, take: (prompt: LoadedPrompt) => void) => void;

/** How a play ended. */
export type PlayEnd =
  { readonly cause: 'finished' | 'interrupted' } | { readonly cause: 'failed'; readonly reason: string };

/** A place in a list of files: the file, and the frames of it that were played. */
interface Position {
  readonly part: number;
  readonly frames: number;
}

/** What a file is called when it cannot be played. */
function nameOf(path: string): string {
  const speech = speechOfUri(path);
  return speech === undefined ? path.slice(path.lastIndexOf('/') + 1) : `"${speech.text.slice(0, 40)}"`;
}

/** What is played over and over, by its files; undefined for what is played once. */
function musicOf({ loop, files }: GraphPlay): string | undefined {
  return loop === true ? files.join('\n') : undefined;
}

/** One play from its first to its last frame. Knows its place in its files; time passes only when it is asked for a frame. */
class Play {
  readonly id: string;
  /** What is heard as one sound: another file begins another, and is blended in. */
  run = {};
  readonly #play: GraphPlay;
  readonly #want: WantPrompt;
  #codec: Codec;
  #parts: (Uint8Array | undefined)[] = [];
  #missing = 0;
  #part = 0;
  /** Frames of the present part that were played, and where the next begins. */
  #frames = 0;
  #position = 0;
  end: PlayEnd | undefined;

  constructor(play: GraphPlay, codec: Codec, want: WantPrompt, from: Position = { part: 0, frames: 0 }) {
    this.id = play.playId;
    this.#play = play;
    this.#want = want;
    this.#codec = codec;
    this.#part = from.part;
    this.#frames = from.frames;
    this.#load();
  }

  get music(): string | undefined {
    return musicOf(this.#play);
  }

  /** A key goes down: the end of it, where keys may end it. */
  interrupt(): void {
    if (this.#play.bargeIn === true) this.end ??= { cause: 'interrupted' };
  }

  get position(): Position {
    return { part: this.#part, frames: this.#frames };
  }

  get loops(): boolean {
    return this.#play.loop === true;
  }

  /** The next frame in the codec of the leg; undefined while files are being read. */
  frame(codec: Codec): Uint8Array | undefined {
    const way = passage(this.#codec, codec, 0);
    if (way === 'no') this.#recode(codec);
    const part = this.#parts[this.#part];
    if (this.#missing > 0 || part === undefined) return undefined;
    const piece = this.#next(part);
    this.#frames++;
    if (this.#position >= part.length) this.#nextPart();
    const voiced = translate(way === 'no' ? undefined : way, piece);
    if (codec === 'opus' || voiced.length === frameBytes) return voiced;
    const padded = silentPayload[codec].slice();
    padded.set(voiced);
    return padded;
  }

  /** Opus is packed as `encodePromptFile` does it: a length of 16 bits before each packet. */
  #next(part: Uint8Array): Uint8Array {
    const header = this.#codec === 'opus' ? 2 : 0;
    const length = header === 0 ? frameBytes : ((part[this.#position] ?? 0) << 8) | (part[this.#position + 1] ?? 0);
    const start = this.#position + header;
    this.#position = start + length;
    return part.subarray(start, this.#position);
  }

  #load(): void {
    const { files } = this.#play;
    const codec = this.#codec;
    this.#parts = files.map(() => undefined);
    this.#missing = files.length;
    for (const [index, path] of files.entries())
      this.#want(path, codec, (prompt) => codec === this.#codec && this.#loaded(index, path, prompt));
  }

  /** The leg's codec changed in the middle: the same files, from the same place. */
  #recode(codec: Codec): void {
    this.#codec = codec;
    this.#position = 0;
    this.#load();
  }

  #loaded(index: number, path: string, { bytes, reason }: LoadedPrompt): void {
    this.#missing--;
    this.#parts[index] = bytes;
    const name = nameOf(path);
    if (bytes === undefined) this.end ??= { cause: 'failed', reason: `${name}: ${reason ?? 'cannot be read'}` };
    else if (bytes.length === 0) this.end ??= { cause: 'failed', reason: `${name}: there is no sound in it` };
    else if (index === this.#part && this.#position === 0) this.#seek(bytes);
  }

  /** Past the frames that were played. A file that became shorter meanwhile begins anew. */
  #seek(bytes: Uint8Array): void {
    for (let frame = 0; frame < this.#frames && this.#position < bytes.length; frame++) this.#next(bytes);
    if (this.#position < bytes.length) return;
    this.#position = 0;
    this.#frames = 0;
  }

  #nextPart(): void {
    this.#position = 0;
    this.#frames = 0;
    this.#part++;
    // G.711 and Opus go on where the same file begins anew; G.722 must be told.
    if (this.#parts.length > 1 || this.#codec === 'G722') this.run = {};
    if (this.#part < this.#parts.length) return;
    this.#part = 0;
    if (this.#play.loop !== true) this.end ??= { cause: 'finished' };
  }
}

/** The plays of one leg: the first that has not ended is heard. */
export class Playlist {
  #plays: Play[] = [];
  readonly #want: WantPrompt;
  readonly #ended: (playId: string, end: PlayEnd) => void;
  readonly #told = new Set<string>();
  /** Keys that went down so far. */
  #keys = 0;
  /** Where music that left was: it goes on there when it comes back. */
  readonly #left = new Map<string, Position>();

  constructor(want: WantPrompt, ended: (playId: string, end: PlayEnd) => void) {
    this.#want = want;
    this.#ended = ended;
  }

  /**
   * These plays from now on: those that stay go on undisturbed, those that left stop without a word. Music that comes back
   * goes on where it was.
   */
  apply(plays: readonly GraphPlay[], codec: Codec): void {
    const before = new Map(this.#plays.map((play) => [play.id, play]));
    for (const play of this.#plays) if (!plays.some(({ playId }) => playId === play.id)) this.#leave(play);
    this.#plays = plays.map((play) => before.get(play.playId) ?? this.#begin(play, codec));
    for (const id of this.#told) if (!plays.some(({ playId }) => playId === id)) this.#told.delete(id);
  }

  /** A key is down, the `count`th of this leg: its packets go on coming while other plays may have begun. */
  keyDown(count: number): void {
    if (count === this.#keys) return;
    this.#keys = count;
    for (const play of this.#plays) play.interrupt();
  }

  #begin(play: GraphPlay, codec: Codec): Play {
    const music = musicOf(play);
    const from = music === undefined ? undefined : this.#left.get(music);
    return new Play(play, codec, this.#want, from);
  }

  #leave({ music, position, end }: Play): void {
    if (music === undefined || end !== undefined) return;
    this.#left.delete(music);
    this.#left.set(music, position);
    const [oldest] = this.#left.keys();
    if (this.#left.size > mostLeft && oldest !== undefined) this.#left.delete(oldest);
  }

  /** Is something played (or being read to be played), so that the edges are hidden? */
  get busy(): boolean {
    return this.#plays.some((play) => play.end === undefined);
  }

  /** Is something heard to its end, as announcements are and music is not? */
  get announcing(): boolean {
    return this.#plays.find((play) => play.end === undefined)?.loops === false;
  }

  /** The next 20 ms, and the play it belongs to. Undefined: nothing to be played in these 20 ms. Tells of ends. */
  frame(codec: Codec): { readonly run: object; readonly payload: Uint8Array } | undefined {
    for (const play of this.#plays) {
      if (play.end === undefined) {
        const { run } = play;
        const payload = play.frame(codec);
        return payload === undefined ? undefined : { run, payload };
      }
    }
    return undefined;
  }

  /** Tells of the plays that ended since the last time. */
  tellEnds(): void {
    for (const { id, end } of this.#plays) {
      if (end === undefined || this.#told.has(id)) continue;
      this.#told.add(id);
      this.#ended(id, end);
    }
  }
}
