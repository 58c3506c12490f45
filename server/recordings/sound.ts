/** What a film may be kept as. */
export type FilmType = 'video/webm' | 'video/x-matroska';

/** Which channels are wanted: the caller and all that the caller heard, or everybody's own. */
export type Channels = 'two' | 'all';

/** What somebody who listens asks for. Without a format: as it is kept. */
export interface ListeningOptions {
  readonly format?: 'wav' | 'ogg' | 'film' | undefined;
  readonly channels?: Channels | undefined;
}

/** A recording that can be listened to (and seen), byte by byte. Close it. */
export interface Sound {
  readonly type: 'audio/wav' | 'audio/ogg' | FilmType;
  readonly size: number;
  /** Of its sound; of a film those of its second track of sound, whose first has two in any case. */
  readonly channels: number;
  read(from: number, to: number): Buffer;
  close(): void;
}

/** Bytes in memory as a sound. */
export function soundOf(type: Sound['type'], whole: Buffer, channels: number): Sound {
  return { type, channels, size: whole.length, read: (from, to) => whole.subarray(from, to), close: () => {} };
}
