/**
 * Whether the picture that was coming to a page comes no more, none of its packets. RTCP does not tell: where nothing comes, nothing is
 * counted as lost. So the page asks for a key frame (RFC 5168), and again while nothing comes; the media node knows whether anything
 * was sent meanwhile. Packets are counted, not pictures that are drawn: a page that is not looked at draws none.
 */
import { type Cancel, type Clock, systemClock } from '../../../base/clock.ts';

const lookMs = 500;
/** Looks without a packet until it asks, and after which it asks no more: the camera at the other end is off. */
const patience = 2;
const longest = 10;

/** The body of the INFO that asks. */
export const pictureWish = {
  contentDisposition: 'render',
  contentType: 'application/media_control+xml',
  content: [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>',
    '',
  ].join('\r\n'),
};

export interface LostPicturePorts {
  /** Packets of the picture that came so far. Rejects where they cannot be counted (any more). */
  packets(): Promise<number>;
  ask(): void;
  readonly clock?: Clock | undefined;
}

export class LostPicture {
  readonly #ports: LostPicturePorts;
  readonly #clock: Clock;
  #cancel: Cancel;
  #packets = 0;
  #still = 0;
  #closed = false;

  /** Begins to look. */
  constructor(ports: LostPicturePorts) {
    this.#ports = ports;
    this.#clock = ports.clock ?? systemClock;
    this.#cancel = this.#later();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #later(): Cancel {
    return this.#clock.at(this.#clock.now() + lookMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const packets = await this.#ports.packets().catch(() => undefined);
    if (this.#closed) return;
    this.#cancel = this.#later();
    if (packets === undefined) return;
    this.#still = packets === this.#packets ? this.#still + 1 : 0;
    this.#packets = packets;
    if (packets > 0 && this.#still >= patience && this.#still < longest) this.#ports.ask();
  }
}
