/**
 * What the caller says, frame by frame: speech, keys and silence in a line. Pure: time is the number of frames asked
 * for, so a script runs the same in a test and in a call.
 */
import { encodeG711 } from './g711.ts';
import { writeTelephoneEvent } from './rtp.ts';
import type { RemoteAudio } from './sdp.ts';
import { dtmfTone } from './tone.ts';

/** Samples of a 20 ms frame at 8 kHz. */
export const frameSamples = 160;
const frameMs = 20;

/** One thing to do after the other. Times in milliseconds. */
export type ScriptItem =
  | { readonly type: 'pause'; readonly ms: number }
  | { readonly type: 'digit'; readonly digit: string }
  /** `turn` counts repetitions from 1. */
  | { readonly type: 'audio'; readonly samples: Int16Array; readonly turn: number };

export type TalkerMark =
  | { readonly type: 'digit-sent'; readonly digit: string; readonly how: 'event' | 'tone' }
  | { readonly type: 'speaking'; readonly turn: number }
  | { readonly type: 'spoke'; readonly turn: number }
  | { readonly type: 'script-ended' };

/** What goes into the RTP packets of one frame (the end of a digit is sent three times). */
export interface OutgoingFrame {
  readonly packets: readonly {
    readonly payloadType: number;
    readonly marker: boolean;
    readonly timestamp: number;
    readonly payload: Buffer;
  }[];
  readonly marks: readonly TalkerMark[];
}

/** A key is held for 5 frames and followed by as much silence: what phones do. */
const digitFrames = 5;
const digitGapMs = 100;

type Current =
  | { readonly type: 'pause'; left: number }
  | { readonly type: 'digit'; readonly digit: string; sent: number; readonly startedAt: number }
  | { readonly type: 'audio'; readonly samples: Int16Array; readonly turn: number; at: number; readonly tone?: string };

/** Turns a script into frames. */
export class Talker {
  readonly #waiting: ScriptItem[] = [];
  #current: Current | undefined;
  #timestamp: number;
  #first = true;
  #busy = false;

  /** `timestamp` is the first RTP timestamp; it should be random (RFC 3550 section 5.1). */
  constructor(timestamp: number) {
    this.#timestamp = timestamp;
  }

  /** Does these after all that is waiting. */
  append(items: readonly ScriptItem[]): void {
    this.#waiting.push(...items);
    if (items.length > 0) this.#busy = true;
  }

  /** Does these as soon as what is being done is done. */
  insert(items: readonly ScriptItem[]): void {
    this.#waiting.unshift(...items);
    if (items.length > 0) this.#busy = true;
  }

  /** Lets time pass without a packet: we are not to be heard, or the process was asleep. */
  skip(frames: number): void {
    this.#timestamp += frames * frameSamples;
  }

  /** The next 20 ms. */
  next(remote: RemoteAudio): OutgoingFrame {
    const marks: TalkerMark[] = [];
    const current = this.#advance(remote, marks);
    const timestamp = this.#timestamp;
    this.#timestamp += frameSamples;
    const packets =
      current?.type === 'digit' && remote.eventPayloadType !== undefined
        ? this.#digit(current, remote.eventPayloadType, marks)
        : [this.#voice(current, remote, timestamp, marks)];
    this.#first = false;
    return { packets, marks };
  }

  #advance(remote: RemoteAudio, marks: TalkerMark[]): Current | undefined {
    while (this.#current === undefined) {
      const item = this.#waiting.shift();
      if (item === undefined) {
        if (this.#busy) marks.push({ type: 'script-ended' });
        this.#busy = false;
        return undefined;
      }
      this.#current = this.#begin(item, remote, marks);
    }
    return this.#current;
  }

  #begin(item: ScriptItem, remote: RemoteAudio, marks: TalkerMark[]): Current | undefined {
    switch (item.type) {
      case 'pause':
        return item.ms < frameMs ? undefined : { type: 'pause', left: Math.round(item.ms / frameMs) };
      case 'digit':
        this.#waiting.unshift({ type: 'pause', ms: digitGapMs });
        if (remote.eventPayloadType !== undefined)
          return { type: 'digit', digit: item.digit, sent: 0, startedAt: this.#timestamp };
        return {
          type: 'audio',
          samples: dtmfTone(item.digit, digitFrames * frameMs),
          turn: 0,
          at: 0,
          tone: item.digit,
        };
      case 'audio':
        marks.push({ type: 'speaking', turn: item.turn });
        return { ...item, at: 0 };
    }
  }

  #digit(
    current: Extract<Current, { type: 'digit' }>,
    payloadType: number,
    marks: TalkerMark[],
  ): OutgoingFrame['packets'] {
    current.sent++;
    const end = current.sent === digitFrames;
    const payload = writeTelephoneEvent(current.digit, current.sent * frameSamples, end);
    const packet = { payloadType, timestamp: current.startedAt, payload };
    if (!end) return [{ ...packet, marker: current.sent === 1 }];
    this.#current = undefined;
    marks.push({ type: 'digit-sent', digit: current.digit, how: 'event' });
    // RFC 4733 section 2.5.1.4: the end three times, because it must not be lost.
    return [packet, packet, packet].map((each) => ({ ...each, marker: false }));
  }

  #voice(
    current: Current | undefined,
    remote: RemoteAudio,
    timestamp: number,
    marks: TalkerMark[],
  ): OutgoingFrame['packets'][number] {
    const frame = new Int16Array(frameSamples);
    if (current?.type === 'pause' && --current.left === 0) this.#current = undefined;
    if (current?.type === 'audio') {
      frame.set(current.samples.subarray(current.at, current.at + frameSamples));
      current.at += frameSamples;
      if (current.at >= current.samples.length) {
        this.#current = undefined;
        marks.push(
          current.tone === undefined
            ? { type: 'spoke', turn: current.turn }
            : { type: 'digit-sent', digit: current.tone, how: 'tone' },
        );
      }
    }
    const payload = encodeG711(remote.codec, frame);
    return { payloadType: remote.payloadType, marker: this.#first, timestamp, payload };
  }
}

/** Keys as they are typed on the command line: `w` waits half a second, a comma one. */
export function digitScript(digits: string): ScriptItem[] {
  return [...digits.toUpperCase()].map((key) => {
    if (key === 'W') return { type: 'pause', ms: 500 };
    return key === ',' ? { type: 'pause', ms: 1000 } : { type: 'digit', digit: key };
  });
}

/** What a demo call does: keys, then the same words several times, so that a person who answers late hears them. */
export interface CallScript {
  readonly digits: string;
  readonly digitsAfterMs: number;
  /** 8 kHz. */
  readonly speech?: Int16Array | undefined;
  readonly sayAfterMs: number;
  readonly sayTimes: number;
  /** From one start to the next; never less than a second after the end. */
  readonly sayEveryMs: number;
}

/** The script in full. */
export function callScript(script: CallScript): ScriptItem[] {
  const items: ScriptItem[] = [];
  if (script.digits !== '') items.push({ type: 'pause', ms: script.digitsAfterMs }, ...digitScript(script.digits));
  const speech = script.speech;
  if (speech === undefined) return items;
  items.push({ type: 'pause', ms: script.sayAfterMs });
  const rest = Math.max(1000, script.sayEveryMs - speech.length / 8);
  for (let turn = 1; turn <= script.sayTimes; turn++) {
    if (turn > 1) items.push({ type: 'pause', ms: rest });
    items.push({ type: 'audio', samples: speech, turn });
  }
  return items;
}
