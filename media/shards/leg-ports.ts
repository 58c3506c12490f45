/** What a leg needs from outside, and tells it. */
import type { FrontMedia } from '../edge/front.ts';
import type { IceState } from '../edge/ice-door.ts';
import type { IceSession } from '../edge/ice.ts';
import type { Place } from '../edge/source-lock.ts';
import type { Digit } from '../edge/telephone-event.ts';
import type { DtmfMode } from '../../protocol/media.ts';
import type { PlayEnd, WantPrompt } from './playlist.ts';

/** The way to the far side. A loopback socket is connected and ignores the place. */
export interface LegSocket {
  readonly port: number;
  send(packet: Buffer, to: Place | undefined): void;
  sendControl(packet: Buffer, to: Place | undefined): void;
  /** Only this place from now on (loopback). */
  connect(to: Place): void;
  /** What stands before a secured leg. */
  readonly front?: LegFront;
  close(): void;
}

/** The encrypted side of a secured leg. */
export interface LegFront {
  /** Its port on loopback, for mediasoup. */
  readonly port: number;
  configure(media: FrontMedia, inside: Place): void;
  ready(ssrc: number): void;
  ice(session: IceSession | undefined): void;
  readonly iceState: IceState | undefined;
  readonly strangers: number;
}

/** What happens on a leg that somebody outside wants to know. */
export interface LegEvents {
  connected(): void;
  digit(digit: Digit, mode: DtmfMode): void;
  silent(): void;
  /** Nothing comes, or something comes again, from a leg that goes on all the same. */
  flagged(silent: boolean, ms: number): void;
  playEnded(playId: string, end: PlayEnd): void;
  dtmfSent(dtmfId: string): void;
}

/** What a leg needs of the shard it lives in. */
export interface LegSurroundings {
  readonly want: WantPrompt;
  readonly events: LegEvents;
  /** Silence of this many milliseconds where voice is expected is told once. */
  readonly rtpTimeoutMs: number;
}

/** The moment, on the media clock in samples and in milliseconds that only grow. */
export interface Moment {
  readonly samples: number;
  readonly ms: number;
}

/** The moment that was 0 on the clock of moments: reports need a wall clock that never jumps. */
const origin = Date.now() - performance.now();

/** A moment as milliseconds since the epoch. */
export function epochOf({ ms }: Moment): number {
  return origin + ms;
}
