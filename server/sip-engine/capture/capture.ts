import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Logger } from '../../../base/logger.ts';
import type { Address } from '../transport/flow.ts';
import { hepPacket } from './hep.ts';
import type { HepIdentity } from './hep.ts';
import { ladderOf } from './ladder.ts';
import type { LadderQuestion } from './ladder.ts';
import { Ring } from './ring.ts';
import type { RingLimits, Wanted } from './ring.ts';
import type { Direction, Ends, WireMessage } from './wire.ts';

/** A HEP collector (Homer, heplify). */
export interface HepCollector extends Address, HepIdentity {}

export interface CaptureOptions extends RingLimits {
  readonly hep?: HepCollector | undefined;
}

/** Half an hour of calls, as far as 64 MB hold them. */
export const defaultCapture: RingLimits = { bytes: 64 * 1024 * 1024, age: 1_800_000 };

/** The share of the memory for ladders that a crowd of strangers may take. */
const crowdShare = 1 / 32;

/** What a keep-alive is at most: CRLF CRLF. */
const keepAlive = 4;

/** Keeps the latest messages for ladders and copies all of them to a collector. Signalling never waits for either. */
export class Capture {
  readonly #ring: Ring;
  /** Apart, so that a flood neither pushes out the ladders of calls nor fills the memory. */
  readonly #crowd: Ring;
  readonly #isCrowd: (ends: Ends) => boolean;
  readonly #hep: HepCollector | undefined;
  readonly #log: Logger;
  #socket: Socket | undefined;
  #told = false;

  /** `isCrowd` tells of a peer whose messages are hardly worth remembering now. */
  constructor(options: CaptureOptions, log: Logger, isCrowd: (ends: Ends) => boolean = () => false) {
    this.#ring = new Ring(options);
    this.#crowd = new Ring({ ...options, bytes: Math.floor(options.bytes * crowdShare) });
    this.#isCrowd = isCrowd;
    this.#hep = options.hep;
    this.#log = log;
  }

  /** Opens the way to the collector, if there is one. Its absence is noticed by nobody but the log. */
  start(): void {
    if (this.#hep === undefined) return;
    this.#socket = createSocket({ type: isIPv6(this.#hep.host) ? 'udp6' : 'udp4' });
    this.#socket.unref();
    this.#socket.on('error', (err) => this.#complain(err));
  }

  /** A message passed; see `Wire`. */
  note(direction: Direction, ends: Ends, parts: readonly Buffer[]): void {
    if (parts.length === 1 && (parts[0]?.length ?? 0) <= keepAlive) return;
    const message: WireMessage = { at: performance.timeOrigin + performance.now(), direction, ends, parts };
    if (this.#isCrowd(ends)) this.#crowd.add(message);
    else this.#ring.add(message);
    if (this.#hep === undefined || this.#socket === undefined) return;
    const { port, host } = this.#hep;
    this.#socket.send(hepPacket(message, this.#hep), port, host, (error) => {
      if (error !== null) this.#complain(error);
    });
  }

  /** The messages of some dialogs that are still remembered. */
  ladder(question: LadderQuestion): Promise<WireMessage[]> {
    return ladderOf([this.#ring, this.#crowd], question);
  }

  /** Lets go of what is unwanted. */
  forget(unwanted: Wanted): void {
    this.#ring.forget(unwanted);
    this.#crowd.forget(unwanted);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #complain(err: Error): void {
    if (this.#told) return;
    this.#told = true;
    this.#log.warn({ err, host: this.#hep?.host, port: this.#hep?.port }, 'the HEP collector cannot be reached');
  }
}
