/** What a film may be kept as. */
export type FilmType = 'video/webm' | 'video/x-matroska';

/** A recording that can be listened to (and seen), byte by byte. Close it. */
export interface Sound {
  readonly type: 'audio/wav' | 'audio/ogg' | FilmType;
  readonly size: number;
  read(from: number, to: number): Buffer;
  close(): void;
}

/** Bytes in memory as a sound. */
export function soundOf(type: Sound['type'], whole: Buffer): Sound {
  return { type, size: whole.length, read: (from, to) => whole.subarray(from, to), close: () => {} };
}
