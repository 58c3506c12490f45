/** How loud everybody in a recording is, column by column. Pure. */
import type { Wav } from './wav.ts';

export interface Waveform {
  readonly seconds: number;
  /** Of each channel the greatest magnitude of each column, 0 to 1. */
  readonly lanes: readonly (readonly number[])[];
}

/** The waveform of a WAV file. */
export function waveformOf(wav: Wav, columns: number): Waveform {
  const lanes = Array.from({ length: wav.channels }, (_, channel) => peaks(wav, channel, columns));
  return { seconds: wav.frames / wav.rate, lanes };
}

function peaks({ samples, frames, channels }: Wav, channel: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    const [from = 0, to = 0] = [column, column + 1].map((each) => Math.floor((each * frames) / columns));
    let most = 0;
    for (let frame = from; frame < to; frame++)
      most = Math.max(most, Math.abs(samples.getInt16((frame * channels + channel) * 2, true)));
    return most / 32_768;
  });
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
