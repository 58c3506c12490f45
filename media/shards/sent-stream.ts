/** The one stream a far side is sent: whatever it hears is one SSRC, without a seam. */
import { passage, translate } from '../audio/g711.ts';
import { mixed, type Part } from '../audio/mixing.ts';
import { Outlet } from '../audio/outlet.ts';
import { toneFrame } from '../audio/tone.ts';
import { payloadTicks } from '../audio/voice.ts';
import { Egress } from '../edge/egress.ts';
import type { DigitStep } from '../edge/telephone-event.ts';
import { ticksOf, type Codec } from '../sdp/index.ts';
import { assertNever } from '../../base/assert-never.ts';
import type { Voice } from './ingress.ts';
import type { Moment } from './leg-ports.ts';
import type { LegCounters, LegMedia } from './messages.ts';

const quiet = {};
const tones = {};
const encoded = {};

/** 20 ms of a prompt or of music. The same `run` goes on with its timestamps. */
export interface Played {
  readonly run: object;
  readonly payload: Uint8Array;
}

/** See the head of the file. */
export class SentStream {
  readonly #egress: Egress;
  readonly #outlet = new Outlet();
  #codec: Codec = 'PCMU';
  #sends: LegCounters['sends'] = 'nothing';
  /** What passes by: one sound as long as it is the same run, as loud as before. */
  #passing = { run: {}, gainDb: 0 };
  /** Of the digit that is being sent: all packets of one event have the same (RFC 4733 section 2.5.1.2). */
  #eventTimestamp = 0;

  /** `send` gets each packet as it is to go out. */
  constructor(ssrc: number, send: (packet: Buffer) => void) {
    const seed = Math.floor(Math.random() * 2 ** 32);
    this.#egress = new Egress(ssrc, 0, seed, send);
  }

  /** What the far side wants to be sent, from now on. */
  configure({ payloadType, codec }: LegMedia['send']): void {
    this.#egress.payloadType = payloadType;
    this.#egress.ticks = ticksOf(codec);
    this.#outlet.codec = codec;
    this.#codec = codec;
    this.#sends = 'nothing';
  }

  /** How what it hears comes about, as last sent. */
  get sends(): LegCounters['sends'] {
    return this.#sends;
  }

  get packets(): number {
    return this.#egress.packets;
  }

  get octets(): number {
    return this.#egress.octets;
  }

  /** What a sender report tells of it at that moment of the media clock, in samples. */
  report(samples: number): ReturnType<Egress['report']> {
    return this.#egress.report(samples);
  }

  /** What the far side loses, of 100. */
  expectLoss(percent: number): void {
    this.#outlet.expectLoss(percent);
  }

  /** Passes a packet on as it came; false where it would have to be decoded, and nothing was sent. */
  forward({ run, packet, codec }: Voice, gainDb: number, now: Moment): boolean {
    const way = passage(codec, this.#codec, gainDb);
    if (way === 'no') return false;
    this.#sends = way === undefined ? 'forwarded' : 'translated';
    this.#outlet.rest();
    if (run !== this.#passing.run || gainDb !== this.#passing.gainDb) this.#passing = { run, gainDb };
    const payload = this.#outlet.pass(this.#passing, translate(way, packet.payload), now.ms);
    this.#egress.forward({ run, packet, payload, ticks: payloadTicks(codec, packet.payload) }, now.samples);
    return true;
  }

  /** 20 ms in which nobody is heard. */
  silence(now: Moment): void {
    this.#sends = 'nothing';
    this.#frame(quiet, this.#outlet.silence(), now);
  }

  /** 20 ms of a play; undefined: of a pause in it. */
  play(played: Played | undefined, now: Moment): void {
    this.#outlet.rest();
    this.#sends = 'played';
    this.#frame(played?.run ?? quiet, played?.payload ?? this.#outlet.silence(), now);
  }

  /** How a payload of a play sounds, at 8 kHz, written into `frame`. */
  monitor(payload: Uint8Array, frame: Int16Array): void {
    this.#outlet.monitor(payload, frame);
  }

  /** 20 ms of these voices together; `source` is the same as long as they are the same. */
  encode(parts: readonly Part[], how: 'transcoded' | 'mixed', source: object, now: Moment): void {
    this.#sends = how;
    const { rate } = this.#outlet;
    const sound = mixed(parts, rate);
    const payload = sound === undefined ? this.#outlet.silence() : this.#outlet.encode(source, sound, rate);
    this.#frame(encoded, payload, now, source);
  }

  /** 20 ms of a digit, or of the pause after it; `events` is the payload type of RFC 4733. */
  press(step: Exclude<DigitStep, { readonly type: 'done' }>, events: number, now: Moment): void {
    switch (step.type) {
      case 'event':
        if (step.first) this.#eventTimestamp = this.#egress.startTimestamp(now.samples);
        this.#egress.event(step.payload, events, this.#eventTimestamp, step.first);
        return;
      case 'tone':
        this.#frame(tones, this.#outlet.encode(tones, toneFrame(step.digit, step.frameIndex), 8000), now);
        return;
      case 'pause':
        this.#frame(quiet, this.#outlet.silence(), now);
        return;
      default:
        assertNever(step, 'step');
    }
  }

  close(): void {
    this.#outlet.close();
  }

  /** Sends 20 ms of our own. Another `source` of the same `run` is another sound, but goes on with its timestamps. */
  #frame(run: object, payload: Uint8Array, now: Moment, source: object = run): void {
    this.#egress.frame(run, this.#outlet.pass(source, payload, now.ms), now.samples);
  }
}
