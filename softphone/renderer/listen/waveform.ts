/** How loud both sides of a recording are, column by column. Pure. */

export interface Waveform {
  readonly seconds: number;
  /** The greatest magnitude of each column, 0 to 1. */
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** Reads a WAV file of 16 bits and two channels; undefined for anything else. */
export function waveformOf(wav: ArrayBuffer, columns: number): Waveform | undefined {
  const view = new DataView(wav);
  const tag = (at: number): string => String.fromCharCode(...new Uint8Array(wav, at, 4));
  if (wav.byteLength < 44 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return undefined;
  let rate = 0;
  for (let at = 12; at + 8 <= wav.byteLength;) {
    const length = view.getUint32(at + 4, true);
    const name = tag(at);
    if (name === 'fmt ') {
      if (view.getUint16(at + 10, true) !== 2 || view.getUint16(at + 22, true) !== 16) return undefined;
      rate = view.getUint32(at + 12, true);
    }
    if (name === 'data' && rate > 0) {
      const frames = Math.floor(Math.min(length, wav.byteLength - at - 8) / 4);
      return peaks(view, { start: at + 8, frames, rate, columns });
    }
    at += 8 + length + (length % 2);
  }
  return undefined;
}

function peaks(
  view: DataView,
  { start, frames, rate, columns }: { start: number; frames: number; rate: number; columns: number },
): Waveform {
  const side = (offset: number): number[] =>
    Array.from({ length: columns }, (_, column) => {
      const [from, to] = [column, column + 1].map((each) => Math.floor((each * frames) / columns));
      let most = 0;
      for (let frame = from ?? 0; frame < (to ?? 0); frame++)
        most = Math.max(most, Math.abs(view.getInt16(start + frame * 4 + offset, true)));
      return most / 32_768;
    });
  return { seconds: frames / rate, left: side(0), right: side(2) };
}

/** What a key does to the player; undefined: nothing. */
export type PlayerOrder =
  | { readonly type: 'toggle' }
  | { readonly type: 'move'; readonly seconds: number }
  | { readonly type: 'go'; readonly to: 'start' | 'end' }
  | { readonly type: 'speed'; readonly step: 1 | -1 };

/** The order of a key; undefined: it is not ours. */
export function orderOf({ key, shiftKey: shift }: Pick<KeyboardEvent, 'key' | 'shiftKey'>): PlayerOrder | undefined {
  switch (key) {
    case ' ':
      return { type: 'toggle' };
    case 'ArrowLeft':
    case 'ArrowRight':
      return { type: 'move', seconds: (key === 'ArrowLeft' ? -1 : 1) * (shift ? 30 : 5) };
    case 'ArrowUp':
    case 'ArrowDown':
      return { type: 'speed', step: key === 'ArrowUp' ? 1 : -1 };
    case 'Home':
    case 'End':
      return { type: 'go', to: key === 'Home' ? 'start' : 'end' };
    default:
      return undefined;
  }
}

/** The speeds there are. */
export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2, 3] as const;

/** `m:ss`. */
export function clockText(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60))}:${String(whole % 60).padStart(2, '0')}`;
}
