/** Two peers whose packets carry numbers: how long each was on its way through a site, and which never came. */
import type { RtpPeer } from '../rtp-peer.ts';

const frame = 160;
const packetMs = 20;
/** Behind by more than so much the sender goes on from now: a burst of what it missed would be its own doing. */
const longestLag = 60;
/** What a numbered payload begins with. */
const mark = 0x5a17;

interface Sent {
  readonly at: number;
  /** ms on the way; undefined until it came. */
  transit?: number;
}

/** One direction of a talk. */
export class NumberedTalk {
  readonly #from: RtpPeer;
  readonly #to: RtpPeer;
  readonly #sent: Sent[] = [];
  #read = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;

  constructor(from: RtpPeer, to: RtpPeer) {
    this.#from = from;
    this.#to = to;
  }

  /** Sends a packet every 20 ms from now on. */
  start(): void {
    this.#dueAt = performance.now();
    const tick = (): void => {
      for (let now = performance.now(); now >= this.#dueAt; now = performance.now()) {
        this.#send();
        this.#dueAt = Math.max(this.#dueAt + packetMs, now - longestLag);
      }
      this.#timer = setTimeout(tick, Math.max(0, this.#dueAt - performance.now()));
    };
    tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Packets sent so far. */
  get count(): number {
    return this.#sent.length;
  }

  /** The transits (ms) of the packets from number `first` to before `last`; undefined for one that has not come. */
  transits(first: number, last = this.#sent.length): (number | undefined)[] {
    this.#look();
    return this.#sent.slice(first, last).map(({ transit }) => transit);
  }

  #send(): void {
    const payload = Buffer.alloc(frame, 0xff);
    payload.writeUInt16BE(mark, 0);
    payload.writeUInt32BE(this.#sent.length, 2);
    const timestamp = (this.#sent.length * frame) >>> 0;
    this.#from.packet({ payload, timestamp });
    this.#sent.push({ at: performance.now() });
  }

  /** The same number heard twice counts once, by its first coming. */
  #look(): void {
    const { received } = this.#to;
    for (; this.#read < received.length; this.#read++) {
      const packet = received[this.#read];
      if (packet === undefined || packet.payload.length !== frame) continue;
      const bytes = Buffer.from(packet.payload);
      const sent = bytes.readUInt16BE(0) === mark ? this.#sent[bytes.readUInt32BE(2)] : undefined;
      if (sent !== undefined) sent.transit ??= packet.at - sent.at;
    }
  }
}
