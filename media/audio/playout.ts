import { ComfortNoise } from './comfort-noise.ts';
import { openDecoder } from './codecs.ts';
import { leaveOut, longestPeriod } from './period.ts';
import { payloadTicks, ticksPerMs, type VoiceCodec, type VoiceDecoder, type VoiceRate } from './voice.ts';

/** Steps of 20 ms between the first packet of a run and its first sound. */
const firstWait = 3;
/** A gap of this long in a source's timestamps is a pause of its own, not a loss. */
const pauseMs = 200;
/** A timestamp this far off is another clock. */
const otherClockMs = 2000;
/** Nothing for this long: the source stopped, and its next packet begins anew. */
const stoppedMs = 300;
/** What has been waiting all the time of so many steps, beyond this, was waited for in vain. */
const spareMs = 25;
const spareSteps = 100;
/** More than this is thrown away at once. */
const mostMs = 300;
/** After these many packets that came too late the wait is made longer. */
const lateEnough = 2;
const mostQueued = 120;

interface Waiting {
  readonly codec: VoiceCodec;
  readonly timestamp: number;
  readonly ticks: number;
  readonly payload: Uint8Array;
}

/** A run may begin in the middle of a word: within 5 ms it is as loud as it is. */
function fadeIn(frame: Int16Array, rate: number): void {
  const length = rate / 200;
  for (let at = 0; at < length; at++)
    frame[at] = (frame[at] as number) * (0.5 - 0.5 * Math.cos((Math.PI * (at + 0.5)) / length));
}

/** What became of the packets of a stream. */
export interface PlayoutCounts {
  /** Packets that never came, of these those that the next one carried a copy of, and packets that came too late. */
  lost: number;
  recovered: number;
  late: number;
  /** Times when nothing was there in time, and times when waiting was cut short. */
  dry: number;
  shortened: number;
}

/**
 * Puts the packets of one source back on its media clock: `write` when a packet comes, a `read` every 20 ms of our own
 * clock. The wait follows the jitter: it grows when something comes too late, and shrinks, by leaving out a period of the
 * voice, when all of two seconds would have come in time with less. That also follows a clock that is not ours. Losses are
 * filled by the codec. Pure but for the decoders.
 */
export class Playout {
  readonly counts: PlayoutCounts = { lost: 0, recovered: 0, late: 0, dry: 0, shortened: 0 };
  readonly #queue: Waiting[] = [];
  readonly #noise = new ComfortNoise();
  #decoder: VoiceDecoder | undefined;
  #codec: VoiceCodec | undefined;
  #rate: VoiceRate = 8000;
  #frame = new Int16Array(160);
  /** Decoded and not yet read. */
  #ready = new Int16Array(0);
  #count = 0;
  /** Timestamp of the next packet to decode; undefined while a run has not begun to sound. */
  #expected: number | undefined;
  #waited = 0;
  #dryMs = 0;
  #owed = 0;
  #lateRun = 0;
  #least = Infinity;
  #steps = 0;
  #noisy = false;
  #sounding = false;

  /** Samples a second of the frames; it changes with the source's codec. */
  get rate(): VoiceRate {
    return this.#rate;
  }

  /** The frame of the last `read`; it is used again by the next. */
  get frame(): Int16Array {
    return this.#frame;
  }

  /** Milliseconds that wait to be read. */
  get waitingMs(): number {
    return ((this.#count + this.#queued()) * 1000) / this.#rate;
  }

  /** Takes a packet. The payload is kept as it is: it must not be written to afterwards. */
  write(codec: VoiceCodec, timestamp: number, payload: Uint8Array): void {
    const ticks = payloadTicks(codec, payload);
    if (ticks === 0) return;
    this.#noisy = false;
    if (codec !== this.#codec) this.#change(codec);
    const ahead = this.#expected === undefined ? 0 : (timestamp - this.#expected) | 0;
    if (Math.abs(ahead) > otherClockMs * ticksPerMs[codec]) this.#restart();
    else if (ahead < 0) {
      this.counts.late++;
      if (++this.#lateRun >= lateEnough) this.#waitLonger();
      return;
    }
    this.#insert({ codec, timestamp, ticks, payload });
  }

  /** The source is silent, and says how its silence sounds (RFC 3389). */
  silent(payload: Uint8Array): void {
    this.#noise.packet(payload);
    this.#noisy = true;
  }

  /** Makes the next 20 ms `frame`. False: the source says nothing, and the frame is silence (or its comfort noise). */
  read(): boolean {
    const need = this.#rate / 50;
    if (this.#expected === undefined && !this.#begin()) return this.#rest();
    while (this.#count < need) if (!this.#more()) break;
    if (this.#expected === undefined) return this.#rest();
    this.#shorten();
    this.#frame.set(this.#ready.subarray(0, need));
    this.#drop(need);
    if (!this.#sounding) fadeIn(this.#frame, this.#rate);
    this.#sounding = true;
    return true;
  }

  /** Another source from now on. */
  reset(): void {
    this.#restart();
    this.#noisy = false;
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#codec = undefined;
  }

  #change(codec: VoiceCodec): void {
    this.#decoder?.close();
    this.#decoder = openDecoder(codec);
    this.#codec = this.#decoder === undefined ? undefined : codec;
    this.#restart();
    if (this.#decoder === undefined || this.#decoder.rate === this.#rate) return;
    this.#rate = this.#decoder.rate;
    this.#frame = new Int16Array(this.#rate / 50);
  }

  #restart(): void {
    this.#queue.length = 0;
    this.#expected = undefined;
    this.#count = 0;
    this.#waited = 0;
    this.#dryMs = 0;
    this.#owed = 0;
    this.#least = Infinity;
    this.#steps = 0;
  }

  #insert(packet: Waiting): void {
    const queue = this.#queue;
    let at = queue.length;
    while (at > 0 && (((queue[at - 1] as Waiting).timestamp - packet.timestamp) | 0) > 0) at--;
    if (at > 0 && queue[at - 1]?.timestamp === packet.timestamp) return;
    queue.splice(at, 0, packet);
    if (queue.length > mostQueued) queue.shift();
  }

  /** The first packets of a run wait, so that the next have time to come. */
  #begin(): boolean {
    const [first] = this.#queue;
    if (first === undefined || this.#waited++ < firstWait) return false;
    this.#expected = first.timestamp;
    return true;
  }

  #rest(): boolean {
    this.#sounding = false;
    if (this.#noisy) this.#noise.fill(this.#frame);
    else this.#frame.fill(0);
    return false;
  }

  /** Decodes what comes next, or fills what did not come. False: the source has stopped. */
  #more(): boolean {
    const decoder = this.#decoder;
    const [head] = this.#queue;
    if (decoder === undefined || this.#expected === undefined) return false;
    if (head === undefined) return this.#dry(decoder);
    const perMs = ticksPerMs[head.codec];
    const gap = (head.timestamp - this.#expected) | 0;
    if (gap > 0 && gap < pauseMs * perMs) this.#fill(decoder, head, (gap / perMs) * (this.#rate / 1000));
    this.#queue.shift();
    this.#dryMs = 0;
    this.#owed = 0;
    this.#lateRun = 0;
    this.#expected = (head.timestamp + head.ticks) | 0;
    const length = ((head.ticks / perMs) * this.#rate) / 1000;
    this.#append(decoder.decode(head.payload) ?? decoder.conceal(length));
    return true;
  }

  /** Nothing is there: the voice is drawn out, and what comes late is played late. */
  #dry(decoder: VoiceDecoder): boolean {
    this.counts.dry++;
    this.#dryMs += 20;
    if (this.#dryMs > stoppedMs || this.#noisy) {
      this.#restart();
      return false;
    }
    const samples = this.#rate / 50;
    this.#owed += samples;
    this.#append(decoder.conceal(samples));
    return true;
  }

  /** What was lost before `head`; what was already drawn out instead of it counts. */
  #fill(decoder: VoiceDecoder, head: Waiting, missing: number): void {
    const length = ((head.ticks / ticksPerMs[head.codec]) * this.#rate) / 1000;
    this.counts.lost += Math.max(1, Math.round(missing / length));
    let left = Math.max(0, missing - this.#owed);
    if (left > length) {
      this.#append(decoder.conceal(left - length));
      left = length;
    }
    if (left === 0) return;
    const copy = left === length ? decoder.recover(head.payload, length) : undefined;
    if (copy !== undefined) this.counts.recovered++;
    this.#append(copy ?? decoder.conceal(left));
  }

  #waitLonger(): void {
    this.#lateRun = 0;
    const decoder = this.#decoder;
    if (decoder === undefined || this.#expected === undefined) return;
    this.#append(decoder.conceal(this.#rate / 50));
  }

  /** Looks whether less waiting would have done. */
  #shorten(): void {
    const perMs = this.#rate / 1000;
    const waiting = this.#count - this.#rate / 50 + this.#queued();
    if (waiting > mostMs * perMs) this.#skip(waiting - 2 * spareMs * perMs);
    this.#least = Math.min(this.#least, waiting);
    if (++this.#steps < spareSteps) return;
    const spare = this.#least > spareMs * perMs;
    this.#least = Infinity;
    this.#steps = spare ? spareSteps / 2 : 0;
    if (!spare) return;
    while (this.#count < 2 * longestPeriod(this.#rate) && this.#queue.length > 0) if (!this.#more()) return;
    const gone = leaveOut(this.#ready, this.#count, this.#rate);
    this.#count -= gone;
    if (gone > 0) this.counts.shortened++;
    while (this.#count < this.#rate / 50) if (!this.#more()) return;
  }

  /** Throws the oldest away: so much cannot be caught up with. */
  #skip(samples: number): void {
    let left = samples;
    while (left > 0 && this.#queue.length > 1) {
      const gone = this.#queue.shift();
      if (gone === undefined) return;
      left -= ((gone.ticks / ticksPerMs[gone.codec]) * this.#rate) / 1000;
      this.#expected = this.#queue[0]?.timestamp;
    }
  }

  #queued(): number {
    const last = this.#queue.at(-1);
    if (last === undefined || this.#expected === undefined) return 0;
    const ticks = ((last.timestamp + last.ticks - this.#expected) | 0) / ticksPerMs[last.codec];
    return Math.max(0, (ticks * this.#rate) / 1000);
  }

  #append(samples: Int16Array): void {
    if (this.#count + samples.length > this.#ready.length) {
      const ready = new Int16Array(Math.max(this.#count + samples.length, this.#rate / 10));
      ready.set(this.#ready.subarray(0, this.#count));
      this.#ready = ready;
    }
    this.#ready.set(samples, this.#count);
    this.#count += samples.length;
  }

  #drop(samples: number): void {
    this.#ready.copyWithin(0, samples, this.#count);
    this.#count -= samples;
  }
}
