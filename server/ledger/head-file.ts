/**
 * Where the chain ends, kept outside the database so that a cut tail is found. Two slots are written in turn, each with
 * its own MAC: a torn write spoils one and leaves the other, and no rename or fsync is needed, since a head that lags
 * behind the database is sound.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface Head {
  readonly node: string;
  readonly seq: number;
  /** Hash of that row, in hex. */
  readonly hash: string;
}

const slotLength = 256;

/** The name of the head file of a database. */
export function headFileOf(database: string): string {
  return `${database}.head`;
}

function mac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encodeSlot(key: Uint8Array, head: Head): Buffer {
  const text = JSON.stringify([head.node, head.seq, head.hash]);
  return Buffer.from(
    `${mac(key, text).toString('hex')} ${text}`.padEnd(slotLength - 1).slice(0, slotLength - 1) + '\n',
  );
}

function decodeSlot(key: Uint8Array, slot: string): Head | undefined {
  const text = slot.slice(65).trimEnd();
  const given = Buffer.from(slot.slice(0, 64), 'hex');
  if (given.length !== 32 || !timingSafeEqual(given, mac(key, text))) return undefined;
  const [node, seq, hash] = JSON.parse(text) as [string, number, string];
  return { node, seq, hash };
}

/** The newest sound head; undefined if there is no file or no sound slot in it (`damaged` tells which). */
export function readHead(
  file: string,
  key: Uint8Array,
): { readonly head: Head | undefined; readonly damaged: boolean } {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return { head: undefined, damaged: false };
  }
  const slots = [text.slice(0, slotLength), text.slice(slotLength)].map((slot) => decodeSlot(key, slot));
  const head = slots.reduce(
    (best, slot) => (slot !== undefined && slot.seq > (best?.seq ?? -1) ? slot : best),
    undefined,
  );
  return { head, damaged: head === undefined && text.length > 0 };
}

/** Writes heads into the file, alternately into either slot. */
export class HeadWriter {
  readonly #fd: number;
  readonly #key: Uint8Array;
  #slot = 0;

  constructor(file: string, key: Uint8Array) {
    this.#fd = openSync(file, openFlags(file), 0o600);
    this.#key = key;
  }

  write(head: Head): void {
    writeSync(this.#fd, encodeSlot(this.#key, head), 0, slotLength, this.#slot * slotLength);
    this.#slot = 1 - this.#slot;
  }

  close(): void {
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

/** `r+` keeps what is there; a new file needs `w+`. */
function openFlags(file: string): 'r+' | 'w+' {
  try {
    closeSync(openSync(file, 'r+'));
    return 'r+';
  } catch {
    return 'w+';
  }
}
