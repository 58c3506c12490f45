import type { GraphPlay } from '../../protocol/media.ts';
import { passage, translate } from '../audio/g711.ts';
import { silentPayload } from '../audio/outlet.ts';
import type { Codec } from '../sdp/index.ts';
import type { LoadedPrompt } from './messages.ts';

/** Bytes of a 20 ms frame of G.711 and of G.722. */
const frameBytes = 160;

/** Gets a prompt, encoded; the answer may come at once or later. */
export type WantPrompt = (path: string, codec: Codec, take: (prompt: LoadedPrompt) => void) => void;

/** How a play ended. */
export type PlayEnd = { readonly cause: 'finished' } | { readonly cause: 'failed'; readonly reason: string };

/** One play from its first to its last frame. Knows its place in its files; time passes only when it is asked for a frame. */
class Play {
  readonly id: string;
  readonly run = {};
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

  constructor(play: GraphPlay, codec: Codec, want: WantPrompt) {
    this.id = play.playId;
    this.#play = play;
    this.#want = want;
    this.#codec = codec;
    this.#load();
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
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (bytes === undefined) this.end ??= { cause: 'failed', reason: `${name}: ${reason ?? 'cannot be read'}` };
    else if (bytes.length === 0) this.end ??= { cause: 'failed', reason: `${name}: there is no sound in it` };
    else if (index === this.#part && this.#position === 0)
      for (let frame = 0; frame < this.#frames && this.#position < bytes.length; frame++) this.#next(bytes);
  }

  #nextPart(): void {
    this.#position = 0;
    this.#frames = 0;
    this.#part++;
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

  constructor(want: WantPrompt, ended: (playId: string, end: PlayEnd) => void) {
    this.#want = want;
    this.#ended = ended;
  }

  /** These plays from now on: those that stay go on undisturbed, those that left stop without a word. */
  apply(plays: readonly GraphPlay[], codec: Codec): void {
    const before = new Map(this.#plays.map((play) => [play.id, play]));
    this.#plays = plays.map((play) => before.get(play.playId) ?? new Play(play, codec, this.#want));
    for (const id of this.#told) if (!plays.some(({ playId }) => playId === id)) this.#told.delete(id);
  }

  /** Is something played (or being read to be played), so that the edges are hidden? */
  get busy(): boolean {
    return this.#plays.some((play) => play.end === undefined);
  }

  /** The next 20 ms, and the play it belongs to. Undefined: nothing to be played in these 20 ms. Tells of ends. */
  frame(codec: Codec): { readonly run: object; readonly payload: Uint8Array } | undefined {
    for (const play of this.#plays) {
      if (play.end === undefined) {
        const payload = play.frame(codec);
        return payload === undefined ? undefined : { run: play.run, payload };
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
