import { type Bytes, type Keyring, type Piece, readRecord, type Timeline } from '../../media/recording/index.ts';

interface Placed extends Piece {
  readonly at: number;
}

/** A converted file by its bytes: only the pieces that are asked for are decrypted. */
export class PieceReader {
  readonly #bytes: Bytes;
  readonly #keys: Keyring;
  readonly #timeline: Timeline;
  readonly #pieces: readonly Placed[];
  readonly size: number;
  #last: { readonly at: number; readonly content: Buffer } | undefined;

  constructor(bytes: Bytes, keys: Keyring, timeline: Timeline) {
    this.#bytes = bytes;
    this.#keys = keys;
    this.#timeline = timeline;
    const { pieces } = timeline;
    let at = 0;
    this.#pieces = [...pieces.filter(({ front }) => front), ...pieces.filter(({ front }) => !front)].map((piece) => {
      at += piece.length;
      return { ...piece, at: at - piece.length };
    });
    this.size = at;
  }

  /** Bytes `from` to `to` (not included); zeros where the file is damaged. */
  read(from: number, to: number): Buffer {
    const made = Buffer.alloc(Math.max(0, Math.min(to, this.size) - from));
    for (let index = this.#indexOf(from); index < this.#pieces.length; index++) {
      const piece = this.#pieces[index];
      if (piece === undefined || piece.at >= to) break;
      const content = this.#content(piece);
      const begin = Math.max(from, piece.at);
      content.copy(made, begin - from, begin - piece.at, Math.min(to - piece.at, content.length));
    }
    return made;
  }

  /** The last piece that begins at this byte or before. */
  #indexOf(byte: number): number {
    let [low, high] = [0, this.#pieces.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#pieces[middle]?.at ?? 0) <= byte) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  #content({ at, offset }: Placed): Buffer {
    if (this.#last?.at === at) return this.#last.content;
    const part = this.#timeline.parts.findLast((each) => each.offset < offset);
    const content = (part && readRecord(this.#bytes, this.#keys, part.head, offset)) ?? Buffer.alloc(0);
    this.#last = { at, content };
    return content;
  }
}
