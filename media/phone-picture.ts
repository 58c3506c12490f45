/**
 * The picture of a SIP phone between its sockets and mediasoup. It lives on the main thread of the node, where no sound passes: the
 * sound of the same phone is on a shard and never waits for it.
 */
import { randomInt } from 'node:crypto';
import type { Cancel, Clock } from '../base/clock.ts';
import { Control } from './edge/control.ts';
import { aggregateOf, lookAtH264, ParameterSets } from './edge/h264.ts';
import { KeyFrameWish } from './edge/key-frame-wish.ts';
import { keyFrameRequestIn, writeFir, writePli } from './edge/key-frames.ts';
import { PictureStream } from './edge/picture-stream.ts';
import { Reception } from './edge/reception.ts';
import { isRtcp, readRtp, type RtpPacket } from './edge/rtp.ts';
import { readCompound } from './edge/rtcp.ts';
import { SourceLock, type Place } from './edge/source-lock.ts';
import type { PhoneTermination } from './mediasoup/phone-picture.ts';
import type { PictureLoss, Screen } from './mediasoup/picture.ts';
import type { MediasoupWorkers } from './mediasoup/workers.ts';
import type { PortPool } from './port-pool.ts';
import { peerListens, rtcpPlaceOf, videoPayloadTypes, type VideoLine } from './sdp/index.ts';
import type { LegSocket } from './shards/leg-ports.ts';
import { openMovable, openPair } from './shards/sockets.ts';

const loopback = '127.0.0.1';
/** How many ports are tried when other programs sit in our range. */
const mostTries = 50;
/** How often it is looked whether a report is due, ms. */
const reportLookMs = 500;
/** Where no worker could be had, another try after so long, ms. */
const reopenEveryMs = 1000;
/** Between two wishes for a key frame in one way: an encoder needs a moment, and a request in SIP a round trip; ms. */
const wishEveryMs = { rtcp: 300, info: 1000 } as const;
const ticksPerMs = 90;

export interface PhonePictureOptions {
  readonly workers: Pick<MediasoupWorkers, 'openPhone' | 'shut'>;
  readonly ports: PortPool;
  /** How many of them are left to the sound of calls that are there. */
  readonly reservedPorts: number;
  readonly bind: string;
  readonly clock: Clock;
  /** The phone is to send a key frame, and knows no RTCP for it. */
  readonly wanted: () => void;
  /** It has another source than before, since its worker died: whoever saw it sees it no more. */
  readonly moved: () => void;
}

type Way = keyof typeof wishEveryMs;

/** Whether a phone that wrote this shows anything. */
function sends({ direction }: VideoLine): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

/** What both of its ends need. */
interface Ends {
  readonly phone: LegSocket;
  readonly inside: LegSocket;
}

export class PhonePicture implements Screen {
  readonly #options: PhonePictureOptions;
  readonly #ends: Ends;
  #termination: PhoneTermination;
  readonly #lock = new SourceLock<RtpPacket>();
  readonly #in: PictureStream;
  readonly #out: PictureStream;
  readonly #setsIn = new ParameterSets();
  readonly #setsOut = new ParameterSets();
  readonly #reception = new Reception();
  readonly #control: Control;
  readonly codec = 'H264';
  #line: VideoLine | undefined;
  /** Its worker died, and there is no other yet. Only the picture is gone then: the sound does not pass there. */
  #dead = false;
  #closed = false;
  #reopening: Cancel = () => undefined;
  readonly #wish = new KeyFrameWish();
  #firs = 0;
  #refreshedAt = 0;
  /** A wish that came too early after another. */
  #refreshing: Cancel | undefined;
  #shows: Screen['source'] | undefined;
  /** The reports of the phone that still tell of what it was shown before: the one that is there, and the next. */
  #outdated = 0;
  #asking: Cancel = () => undefined;
  #counted = { expected: 0, lost: 0 };
  #timer: Cancel;

  private constructor(options: PhonePictureOptions, ends: Ends, termination: PhoneTermination, ssrc: number) {
    const begin = () => ({ sequence: randomInt(65_536), timestamp: randomInt(2 ** 32) });
    this.#options = options;
    this.#ends = ends;
    this.#termination = termination;
    this.#in = new PictureStream(ssrc, videoPayloadTypes.H264, begin());
    this.#out = new PictureStream(randomInt(1, 2 ** 32), videoPayloadTypes.H264, begin());
    this.#control = new Control(this.#out.ssrc);
    termination.lost.on(() => this.#lost());
    this.#timer = this.#look();
  }

  /** Opens sockets and transport; undefined where no port is free or no worker runs: the phone is heard all the same. */
  static async open(options: PhonePictureOptions): Promise<PhonePicture | undefined> {
    let picture: PhonePicture | undefined;
    const inside = await openMovable(loopback, (packet) => {
      if (picture !== undefined) picture.#fromInside(packet);
    });
    const phone = await openOutside(options, {
      take: (packet, from) => {
        if (picture !== undefined) picture.#fromPhone(packet, from);
      },
      takeControl: (packet, from) => {
        if (picture !== undefined) picture.#controlFromPhone(packet, from);
      },
    });
    if (phone === undefined) {
      inside.close();
      return undefined;
    }
    const ssrc = randomInt(1, 2 ** 32);
    try {
      const termination = await options.workers.openPhone(inside.port, ssrc);
      inside.connect({ address: loopback, port: termination.port });
      picture = new PhonePicture(options, { phone, inside }, termination, ssrc);
      return picture;
    } catch {
      inside.close();
      phone.close();
      options.ports.give(phone.port);
      return undefined;
    }
  }

  get port(): number {
    return this.#ends.phone.port;
  }

  get source(): PhoneTermination['source'] {
    return this.#termination.source;
  }

  /** What the phone has described; undefined: it refuses its picture now, and neither shows nor is shown anything. */
  configure(line: VideoLine | undefined, signalledFrom: string | undefined): void {
    const shownBefore = this.#line !== undefined && sends(this.#line);
    this.#line = line;
    if (line === undefined) return;
    const { address, port, payloadType, sets } = line;
    this.#lock.negotiate(address === undefined ? undefined : { address, port }, signalledFrom);
    this.#out.payloadType = payloadType;
    this.#setsIn.learn(sets.map((each) => Buffer.from(each, 'base64')));
    if (sends(line) && !shownBefore) this.#want();
  }

  async show(of: Screen | undefined): Promise<void> {
    // While nothing is shown a phone may report nothing, and its next report begins where the last one ended.
    if (this.#shows !== of?.source && (this.#shows !== undefined || this.#control.far !== undefined))
      this.#outdated = 2;
    this.#shows = of?.source;
    if (this.#dead) return;
    await this.#termination.show(of?.source);
    await of?.limit?.(this.#line?.mostBitrate);
  }

  copy(port: number): ReturnType<PhoneTermination['copy']> {
    return this.#termination.copy(port);
  }

  loss(): Promise<PictureLoss | undefined> {
    if (this.#dead) return Promise.resolve(undefined);
    const { expected, lost } = this.#reception.totals ?? { expected: 0, lost: 0 };
    const [more, missing] = [expected - this.#counted.expected, lost - this.#counted.lost];
    this.#counted = { expected, lost };
    const shows = more <= 0 ? 0 : Math.max(0, missing) / more;
    return Promise.resolve({ shows, shown: this.#outdated > 0 ? 0 : (this.#control.far?.lossRatio ?? 0) });
  }

  /** The phone asks for a key frame of whoever it sees. */
  refresh(): void {
    if (this.#dead || this.#closed || this.#refreshing !== undefined) return;
    const { clock } = this.#options;
    const due = this.#refreshedAt + wishEveryMs.rtcp;
    if (clock.now() < due) {
      this.#refreshing = clock.at(due, () => {
        this.#refreshing = undefined;
        this.refresh();
      });
      return;
    }
    this.#refreshedAt = clock.now();
    this.#termination.refresh();
  }

  close(): void {
    this.#closed = true;
    this.#reopening();
    this.#timer();
    this.#asking();
    this.#refreshing?.();
    const now = this.#options.clock.now();
    if (this.#line !== undefined)
      this.#sendControl(this.#control.farewell(this.#out.countsAt(now), this.#reception.block(now), now));
    this.#options.workers.shut(this.#termination);
    this.#ends.inside.close();
    this.#ends.phone.close();
    this.#options.ports.give(this.port);
  }

  #lost(): void {
    this.#dead = true;
    this.#asking();
    void this.#reopen();
  }

  /** In the next worker, under the same name and from the same socket: the phone does not notice. Never rejects. */
  async #reopen(): Promise<void> {
    const { workers, clock, moved } = this.#options;
    try {
      const termination = await workers.openPhone(this.#ends.inside.port, this.#in.ssrc);
      if (this.#closed) return workers.shut(termination);
      this.#termination = termination;
      this.#ends.inside.connect({ address: loopback, port: termination.port });
      this.#dead = false;
      termination.lost.on(() => this.#lost());
    } catch {
      if (!this.#closed) this.#reopening = clock.at(clock.now() + reopenEveryMs, () => void this.#reopen());
      return;
    }
    moved();
    this.#want();
  }

  #fromPhone(bytes: Buffer, from: Place): void {
    const line = this.#line;
    if (isRtcp(bytes)) return line?.rtcpMux === true ? this.#controlFromPhone(bytes, from) : undefined;
    const packet = readRtp(bytes);
    if (line === undefined || packet?.payloadType !== line.payloadType) return this.#lock.reject(from);
    const verdict = this.#lock.judge(from, packet);
    if (verdict === 'heard') this.#takeIn(packet);
    if (verdict === 'released') for (const each of this.#lock.released) this.#takeIn(each);
  }

  #takeIn(packet: RtpPacket): void {
    const now = this.#options.clock.now();
    const fresh = this.#reception.packet(packet, Math.round(now * ticksPerMs) | 0, ticksPerMs);
    if (fresh) this.#wish.want();
    if (this.#wish.stands) this.#lookFor(packet, fresh);
    const before = this.#before(this.#setsIn, this.#in, packet);
    for (const each of this.#in.take(packet, before, now)) this.#ends.inside.send(each, undefined);
  }

  /** Sets that are put in: one packet where aggregates were agreed (RFC 6184 section 5.4), else one each. */
  #before(kept: ParameterSets, stream: PictureStream, packet: RtpPacket): readonly Uint8Array[] {
    const { payload, timestamp } = packet;
    if (!stream.inOrder(packet)) {
      kept.learn(lookAtH264(payload).sets);
      return [];
    }
    const sets = kept.before(payload, timestamp);
    return sets.length < 2 || this.#line?.packetization !== 1 ? sets : [aggregateOf(sets)];
  }

  #fromInside(bytes: Buffer): void {
    if (isRtcp(bytes)) {
      if (keyFrameRequestIn(bytes, this.#in.ssrc) !== undefined) this.#want();
      return;
    }
    const packet = readRtp(bytes);
    const line = this.#line;
    if (packet === undefined || line === undefined || !peerListens(line.direction)) return;
    const before = this.#before(this.#setsOut, this.#out, packet);
    const sent = this.#out.take(packet, before, this.#options.clock.now());
    for (const each of sent) this.#ends.phone.send(each, this.#lock.target);
  }

  #controlFromPhone(bytes: Buffer, from: Place): void {
    const compound = readCompound(bytes);
    const line = this.#line;
    if (compound === undefined || line === undefined) return;
    if (!this.#lock.admitControl(from, compound.ssrc, rtcpPlaceOf(line))) return;
    const now = this.#options.clock.now();
    const { far } = this.#control;
    this.#control.take(compound, now);
    if (this.#control.far !== far && this.#outdated > 0) this.#outdated--;
    if (compound.ntpMiddle !== undefined) this.#reception.senderReport(compound.ntpMiddle, now);
    if (keyFrameRequestIn(bytes, this.#out.ssrc) !== undefined) this.refresh();
  }

  /** A key frame that was wished for begins with its sets, or with itself. */
  #lookFor({ payload }: RtpPacket, fresh: boolean): void {
    const { sets, keyFrame } = lookAtH264(payload);
    if (keyFrame || sets.length > 0) {
      this.#wish.came();
      this.#asking();
    } else if (fresh) this.#askWhenDue();
  }

  /** Somebody cannot go on without a key frame of the phone's, or cannot begin. */
  #want(): void {
    this.#wish.want();
    this.#askWhenDue();
  }

  /** Asks, again and again, until one comes: of a phone that shows something, once it is known under which name. */
  #askWhenDue(): void {
    this.#asking();
    const line = this.#line;
    const source = this.#reception.ssrc;
    if (this.#dead || line === undefined || source === undefined || !sends(line)) return;
    const way = this.#way(line);
    const { clock } = this.#options;
    const due = this.#wish.due(wishEveryMs[way]);
    if (due !== undefined && due <= clock.now()) {
      this.#wish.asked(clock.now());
      if (way === 'info') this.#options.wanted();
      else this.#ask(line.feedback, source);
    }
    const next = this.#wish.due(wishEveryMs[way]);
    if (next !== undefined) this.#asking = clock.at(next, () => this.#askWhenDue());
  }

  /** Behind NAT it is not known where its RTCP goes until some has come from there. */
  #way({ feedback, rtcpMux }: VideoLine): Way {
    if (this.#lock.behindNat && this.#lock.control === undefined && !rtcpMux) return 'info';
    return feedback.pli || feedback.fir ? 'rtcp' : 'info';
  }

  #ask({ pli }: VideoLine['feedback'], source: number): void {
    const { ssrc } = this.#out;
    const wish = pli ? writePli(ssrc, source) : writeFir(ssrc, source, this.#firs++);
    this.#sendControl(Buffer.concat([this.#report(this.#options.clock.now()), wish]));
  }

  #look(): Cancel {
    const { clock } = this.#options;
    return clock.at(clock.now() + reportLookMs, () => {
      this.#timer = this.#look();
      const now = clock.now();
      if (this.#line !== undefined && this.#control.due(now)) this.#sendControl(this.#report(now));
    });
  }

  #report(now: number): Buffer {
    return this.#control.report(this.#out.countsAt(now), this.#reception.block(now), now);
  }

  #sendControl(packet: Buffer): void {
    const { phone } = this.#ends;
    const line = this.#line;
    if (line === undefined) return;
    if (line.rtcpMux) return phone.send(packet, this.#lock.target);
    phone.sendControl(packet, this.#lock.behindNat ? this.#lock.control : rtcpPlaceOf(line));
  }
}

type Take = (packet: Buffer, from: Place) => void;

/** The sockets towards the phone, on the next ports that are free; undefined where there are none to spare. */
async function openOutside(
  { ports, reservedPorts, bind }: PhonePictureOptions,
  { take, takeControl }: { readonly take: Take; readonly takeControl: Take },
): Promise<LegSocket | undefined> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = ports.free > reservedPorts ? ports.take() : undefined;
    if (port === undefined) return undefined;
    try {
      return await openPair(bind, port, take, takeControl);
    } catch {
      ports.give(port);
    }
  }
  return undefined;
}
