/** The language of the child `jackfield-ears` (native/main.c). */

/** What the child says, one JSON line each. Frames are cepstra: 10 ms. */
export type ChildMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'compiled'; readonly revision: number }
  | { readonly type: 'partial'; readonly tap: number; readonly utterance: number; readonly text: string }
  | {
      readonly type: 'final';
      readonly tap: number;
      readonly utterance: number;
      readonly text: string;
      readonly confidence: number;
    }
  | {
      readonly type: 'spotted';
      readonly tap: number;
      readonly utterance: number;
      readonly phrase: string;
      readonly start: number;
      readonly end: number;
      readonly score: number;
    }
  | { readonly type: 'ended'; readonly tap: number; readonly utterance: number };

/** Milliseconds in one of the child's frames. */
export const childFrameMs = 10;

/** What a message to the child is: begin, audio, end, keyphrases, forget. */
export type Kind = 'B' | 'A' | 'E' | 'K' | 'X';

/** One message to the child, header included. */
export function encode(kind: Kind, tap: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const message = Buffer.alloc(8 + payload.length);
  message.write(kind, 0, 'latin1');
  message.writeUInt16LE(tap, 2);
  message.writeUInt32LE(payload.length, 4);
  message.set(payload, 8);
  return message;
}

/** A number of four bytes, as the child reads it. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Samples as bytes (a copy). */
export function pcmBytes(samples: Int16Array): Buffer {
  return Buffer.from(samples.slice().buffer);
}

type Fields = Readonly<Record<string, unknown>>;

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function place(fields: Fields): { readonly tap: number; readonly utterance: number } {
  return { tap: number(fields, 'tap'), utterance: number(fields, 'utterance') };
}

/** Reads one line of the child; undefined if it is none of its messages. */
export function decode(line: string): ChildMessage | undefined {
  let fields: Fields;
  try {
    fields = JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
  switch (fields['type']) {
    case 'ready':
      return { type: 'ready' };
    case 'failed':
      return { type: 'failed', reason: text(fields, 'reason') };
    case 'compiled':
      return { type: 'compiled', revision: number(fields, 'revision') };
    case 'partial':
      return { type: 'partial', ...place(fields), text: text(fields, 'text') };
    case 'final':
      return { type: 'final', ...place(fields), text: text(fields, 'text'), confidence: number(fields, 'confidence') };
    case 'spotted':
      return {
        type: 'spotted',
        ...place(fields),
        phrase: text(fields, 'phrase'),
        start: number(fields, 'start'),
        end: number(fields, 'end'),
        score: number(fields, 'score'),
      };
    case 'ended':
      return { type: 'ended', ...place(fields) };
    default:
      return undefined;
  }
}
