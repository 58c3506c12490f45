import { passage } from '../audio/g711.ts';
import { DualToneDetector } from '../audio/dual-tone.ts';
import { addLouder, type Part } from '../audio/mixing.ts';
import { Speech } from '../audio/speech.ts';
import type { TapRingWriter } from '../audio/tap-ring.ts';
import type { VoiceRate } from '../audio/voice.ts';
import { Control } from '../edge/control.ts';
import { IceDoor } from '../edge/ice-door.ts';
import type { IceSession } from '../edge/ice.ts';
import type { ReceptionTotals } from '../edge/reception.ts';
import { readCompound } from '../edge/rtcp.ts';
import { isRtcp } from '../edge/rtp.ts';
import { samePlace, type Place } from '../edge/source-lock.ts';
import type { Digit } from '../edge/telephone-event.ts';
import { peerHolds, peerListens, ticksOf, type Codec } from '../sdp/index.ts';
import type { GraphPlay } from '../../protocol/media.ts';
import { assertNever } from '../../base/assert-never.ts';
import { sameFeed, type FeedOf } from './feed.ts';
import { Ingress, type Heard, type Voice } from './ingress.ts';
import { Keypad } from './keypad.ts';
import { epochOf, type LegEvents, type LegSocket, type LegSurroundings, type Moment } from './leg-ports.ts';
import type { LegCounters, LegMedia, LegSetup } from './messages.ts';
import { Playlist } from './playlist.ts';
import { SentStream } from './sent-stream.ts';
import { SilenceWatch } from './silence-watch.ts';

const frameSamples = 160;
/** A direct source that is silent for this long is replaced by silence frames, so that the far side hears RTP go on. */
const fillAfterMs = 200;
/** A leg to which packets pass by is looked at only so often: for its reports and for silence. */
const restMs = 100;

/** Who is heard on a leg, beside plays and digits. */
export type Feed = FeedOf<Leg>;

function receivedOf({ jitter, ...counts }: ReceptionTotals, ticksPerMs: number): LegCounters['received'] & object {
  return { ...counts, jitterMs: jitter / ticksPerMs };
}

/** One far side: what it says, and the one stream it hears. */
export class Leg {
  readonly setup: LegSetup;
  readonly #socket: LegSocket;
  readonly #events: LegEvents;
  readonly #ingress: Ingress;
  readonly #sent: SentStream;
  readonly #control: Control;
  readonly #speech = new Speech();
  readonly #playlist: Playlist;
  readonly #keypad: Keypad;
  readonly #watch: SilenceWatch;
  /** What this leg hears in the present 20 ms, when it is recorded. */
  readonly heard = new Int16Array(frameSamples);
  #recorded = false;
  #media: LegMedia | undefined;
  #feed: Feed = { type: 'silence' };
  #listeners: readonly { readonly leg: Leg; readonly gainDb: number }[] = [];
  #tap: { readonly writer: TapRingWriter; timeMs: number } | undefined;
  #mixedIn = false;
  /** Does anybody need frames of what it says? Looked at anew whenever that may have changed, not for every packet. */
  #framed = false;
  #wasFramed = false;
  /** Nothing is to be done in a step before this moment: what it hears passes by. */
  #restsUntilMs = 0;
  /** The codec its voice came in last; before the first packet the one agreed on. */
  #says: Codec | undefined;
  /** Listens for digits in the voice of a far side that knows no events. */
  #tones: DualToneDetector | undefined;
  #named = false;
  #fedAtMs = 0;
  #connected = false;
  #door: IceDoor | undefined;

  constructor(setup: LegSetup, socket: LegSocket, outside: LegSurroundings) {
    const { want, events } = outside;
    this.setup = setup;
    this.#keypad = new Keypad((dtmfId) => events.dtmfSent(dtmfId));
    this.#watch = new SilenceWatch(outside.rtpTimeoutMs, {
      lost: () => events.silent(),
      flagged: (silent, ms) => events.flagged(silent, ms),
    });
    this.#socket = socket;
    this.#events = events;
    this.#ingress = new Ingress(this.#inside);
    this.#sent = new SentStream(setup.ssrc, (packet) => socket.send(packet, this.#ingress.lock.target));
    this.#control = new Control(setup.ssrc);
    this.#playlist = new Playlist(want, (playId, end) => events.playEnded(playId, end));
  }

  /** What was agreed with the far side, from now on. */
  configure(media: LegMedia): void {
    if (this.#inside && media.remote !== undefined && !samePlace(this.#media?.remote, media.remote))
      this.#socket.connect(media.remote);
    if (media.front !== undefined) this.#socket.front?.configure(media.front.media, media.front.inside);
    this.#ingress.configure(media);
    this.#media = media;
    this.#sent.configure(media.send);
    this.#says ??= media.send.codec;
    // A browser's keypad is a command of its desk.
    const listens = media.tones ?? media.sendEvents === undefined;
    if (!listens || this.setup.kind === 'webrtc') this.#tones = undefined;
    else this.#tones ??= new DualToneDetector();
    this.#watch.anew(media.silence);
    this.#wake();
  }

  /** ICE with the far side; undefined: none (any more). Of a secured leg it is the business of what stands before it. */
  ice(session: IceSession | undefined): void {
    if (this.#inside) return this.#socket.front?.ice(session);
    const { lock } = this.#ingress;
    if (session !== undefined)
      this.#door ??= new IceDoor(lock, (packet, to, of) =>
        of === 1 ? this.#socket.send(packet, to) : this.#socket.sendControl(packet, to),
      );
    this.#door?.configure(session);
    this.#wake();
  }

  /** A graph names this leg: from now on it gets silence when nobody feeds it, and is expected to send. */
  name(): void {
    this.#named = true;
  }

  feed(feed: Feed): void {
    // The same sources stay the same object: whoever hears them hears no seam.
    if (!sameFeed(this.#feed, feed)) this.#feed = feed;
    this.#wake();
  }

  /** Who gets this leg's packets as they come, and whether somebody mixes its frames. */
  heardBy(listeners: readonly { readonly leg: Leg; readonly gainDb: number }[], mixedIn: boolean): void {
    this.#listeners = listeners;
    this.#mixedIn = mixedIn;
    this.#wake();
  }

  play(plays: readonly GraphPlay[]): void {
    this.#playlist.apply(plays, this.#media?.send.codec ?? 'PCMU');
    this.#restsUntilMs = 0;
  }

  /** Sends digits once: an id that was seen before is ignored. */
  sendDigits(dtmfId: string, digits: string): void {
    this.#keypad.press(dtmfId, digits);
    this.#restsUntilMs = 0;
  }

  /** Copies of its frames go here; undefined ends the tap. */
  tap(writer: TapRingWriter | undefined): void {
    this.#tap = writer === undefined ? undefined : { writer, timeMs: 0 };
    this.#wake();
  }

  /** A recorder wants what this leg says and hears as frames. */
  record(on: boolean): void {
    this.#recorded = on;
    this.#wake();
  }

  get tapped(): boolean {
    return this.#tap !== undefined;
  }

  /** A source of a secured leg can be decrypted now. */
  sourceReady(ssrc: number): void {
    this.#socket.front?.ready(ssrc);
  }

  /** A packet came in on the RTP socket. */
  receive(bytes: Buffer, from: Place, now: Moment): void {
    if (this.#door?.take(bytes, from, 1) === true) return;
    if (isRtcp(bytes)) {
      this.#reported(bytes, from, now);
      return;
    }
    const heard = this.#ingress.packet(bytes, from, now.samples, now.ms);
    if (heard.type === 'dropped') return;
    this.#watch.voice(now.ms);
    if (!this.#connected) {
      this.#connected = true;
      this.#events.connected();
    }
    this.#take(heard, now);
  }

  #take(heard: Heard, now: Moment): void {
    if (heard.type === 'released') for (const each of heard.heard) this.#take(each, now);
    if (heard.type === 'digits') this.#playlist.keyDown(this.#ingress.keys);
    if (heard.type === 'digits') this.#pressed(heard.digits);
    const framed = this.#framed;
    // What was kept when it was last wanted has nothing to do with what comes now.
    if (framed && !this.#wasFramed) this.#speech.reset();
    this.#wasFramed = framed;
    if (heard.type === 'noise' && framed) this.#speech.silent(heard.payload);
    if (heard.type !== 'voice') return;
    if (heard.fresh) this.#speech.reset();
    const { codec, packet } = heard.voice;
    if (codec !== this.#says) {
      this.#says = codec;
      this.#framed = this.#needsFrames();
    }
    for (const { leg, gainDb } of this.#listeners) leg.#hear(heard.voice, gainDb, now);
    if (framed) this.#speech.write(codec, packet.timestamp, packet.payload);
  }

  /** A packet came in on the socket of RTCP. */
  receiveControl(bytes: Buffer, from: Place, now: Moment): void {
    if (this.#door?.take(bytes, from, 2) !== true) this.#reported(bytes, from, now);
  }

  /** RTCP came in, on its own socket or beside RTP. Only who is heard is believed. */
  #reported(bytes: Buffer, from: Place, now: Moment): void {
    const compound = readCompound(bytes);
    if (compound === undefined || this.#media === undefined) return;
    const { lock, reception } = this.#ingress;
    if (!this.#inside && !lock.admitControl(from, compound.ssrc, this.#media.remoteControl)) return;
    this.#watch.report(now.ms);
    if (compound.ntpMiddle !== undefined) reception.senderReport(compound.ntpMiddle, now.ms);
    this.#control.take(compound, epochOf(now));
    this.#sent.expectLoss(100 * (this.#control.far?.lossRatio ?? 0));
  }

  /** First half of a 20 ms step: what this leg says. All legs do it before any does the second half. */
  listen(now: Moment): void {
    this.#pressed(this.#ingress.tick(now.ms));
    if (!this.#framed || !this.#wasFramed) return;
    this.#speech.step();
    for (const digit of this.#tones?.frame(this.frame) ?? []) this.#events.digit(digit, 'tone');
    const tap = this.#tap;
    if (tap === undefined) return;
    tap.writer.write(this.frame, tap.timeMs);
    tap.timeMs += 20;
  }

  /** Second half of a 20 ms step: what this leg hears. */
  speak(now: Moment): void {
    if (now.ms < this.#restsUntilMs) return;
    this.#watch.step(this.#expected, now.ms);
    if (this.#recorded) this.heard.fill(0);
    const media = this.#media;
    if (media === undefined || !this.#sendable(media)) return;
    this.#report(now);
    if (this.#sendDigit(media, now)) return;
    if (this.#playlist.busy) {
      const played = this.#playlist.frame(media.send.codec);
      this.#sent.play(played, now);
      if (this.#recorded && played !== undefined) this.#sent.monitor(played.payload, this.heard);
      this.#playlist.tellEnds();
      return;
    }
    this.#playlist.tellEnds();
    this.#speakFeed(media.send.codec, now);
  }

  get counters(): LegCounters {
    const { far, roundTripMs } = this.#control;
    const { reception, ticksPerMs } = this.#ingress;
    const { totals } = reception;
    const ice = this.#inside ? this.#socket.front?.iceState : this.#door?.state;
    const sentTicksPerMs = 8 * ticksOf(this.#media?.send.codec ?? 'PCMU');
    return {
      endpointId: this.setup.endpointId,
      connected: this.#ingress.packets > 0,
      packetsReceived: this.#ingress.packets,
      packetsSent: this.#sent.packets,
      octetsReceived: this.#ingress.octets,
      octetsSent: this.#sent.octets,
      strangers: this.#socket.front?.strangers ?? this.#ingress.lock.strangers,
      unknown: this.#ingress.unknown,
      ...(this.#media === undefined ? {} : { codec: this.#media.send.codec }),
      sends: this.#sent.sends,
      decoded: this.#framed,
      playout: { ...this.#speech.counts },
      ...(totals === undefined ? {} : { received: receivedOf(totals, ticksPerMs) }),
      ...(far === undefined
        ? {}
        : { sent: { lost: far.lost, lossRatio: far.lossRatio, jitterMs: far.jitter / sentTicksPerMs } }),
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      ...(ice === undefined ? {} : { ice }),
    };
  }

  /** Says goodbye (RFC 3550 section 6.6) to a far side that heard something, and closes the sockets. */
  close(now: Moment): void {
    try {
      if (this.#sent.packets > 0 && this.#media !== undefined) {
        const block = this.#ingress.reception.block(now.ms);
        this.#sendControl(this.#control.farewell(this.#sent.report(now.samples), block, epochOf(now)));
      }
    } finally {
      this.#socket.close();
      this.#speech.close();
      this.#sent.close();
    }
  }

  /** Its packets come from our own mediasoup, on a socket that hears nobody else. */
  get #inside(): boolean {
    return this.setup.kind === 'webrtc' || this.setup.secured === true;
  }

  /** This leg's voice of the present 20 ms at 8 kHz, when somebody needs frames of it. */
  get frame(): Int16Array {
    return this.sound(8000);
  }

  /** The same at any rate. */
  sound(rate: VoiceRate): Int16Array {
    return this.#speech.at(rate);
  }

  get speaking(): boolean {
    return this.#speech.speaking;
  }

  /** How long what it says now will wait before it is in its frames, ms; 0 while it says nothing. */
  get waitingMs(): number {
    return this.speaking ? this.#speech.waitingMs : 0;
  }

  /** Can its packets go to somebody who hears that codec at that loudness without being decoded? */
  #passes(to: Codec, gainDb: number): boolean {
    return passage(this.#says ?? to, to, gainDb) !== 'no';
  }

  /** Something changed in how it is heard or what it hears. Whoever it hears may have to make frames for it, or no more. */
  #wake(): void {
    this.#restsUntilMs = 0;
    this.#framed = this.#needsFrames();
    if (this.#feed.type !== 'direct') return;
    const { from } = this.#feed;
    from.#framed = from.#needsFrames();
  }

  #needsFrames(): boolean {
    if (this.#tap !== undefined || this.#mixedIn || this.#tones !== undefined || this.#recorded) return true;
    for (const { leg, gainDb } of this.#listeners)
      if (leg.#recorded || (leg.#media !== undefined && !this.#passes(leg.#media.send.codec, gainDb))) return true;
    return false;
  }

  /** One whose digits come as events is not listened to for tones: nothing counts twice. */
  #pressed(digits: readonly Digit[]): void {
    if (digits.length > 0 && this.#tones !== undefined) {
      this.#tones = undefined;
      this.#framed = this.#needsFrames();
    }
    for (const digit of digits) this.#events.digit(digit, 'rfc4733');
  }

  #hear(voice: Voice, gainDb: number, now: Moment): void {
    const media = this.#media;
    if (media === undefined || !this.#sendable(media)) return;
    if (this.#playlist.busy || this.#keypad.busy) return;
    if (this.#sent.forward(voice, gainDb, now)) this.#fedAtMs = now.ms;
    else this.#restsUntilMs = 0;
  }

  #sendable(media: LegMedia): boolean {
    const active = this.#named || this.#ingress.packets > 0;
    const reachable = this.#inside || this.#ingress.lock.target !== undefined;
    return active && reachable && peerListens(media.direction);
  }

  #speakFeed(codec: Codec, now: Moment): void {
    const feed = this.#feed;
    switch (feed.type) {
      case 'direct':
        if (!feed.from.#passes(codec, feed.gainDb)) {
          this.#encode([{ leg: feed.from, gainDb: feed.gainDb }], 'transcoded', now);
          return;
        }
        if (now.ms - this.#fedAtMs >= fillAfterMs) this.#sent.silence(now);
        // Packets went by as they came; the recorder gets the same voice in its place on the clock.
        if (this.#recorded) addLouder(this.heard, feed.from.frame, feed.gainDb);
        else this.#restsUntilMs = Math.min(now.ms + restMs, this.#fedAtMs + fillAfterMs);
        return;
      case 'mix':
        this.#encode(feed.from, 'mixed', now);
        return;
      case 'silence':
        this.#sent.silence(now);
        return;
      default:
        assertNever(feed, 'feed');
    }
  }

  #encode(parts: readonly Part[], how: 'transcoded' | 'mixed', now: Moment): void {
    this.#sent.encode(parts, how, this.#feed, now);
    if (!this.#recorded) return;
    for (const { leg, gainDb } of parts) if (leg.speaking) addLouder(this.heard, leg.sound(8000), gainDb);
  }

  #sendDigit(media: LegMedia, now: Moment): boolean {
    const step = this.#keypad.next(media);
    if (step.type === 'idle') return false;
    this.#sent.press(step, media.sendEvents ?? 0, now);
    return true;
  }

  /** Is its voice expected? */
  get #expected(): boolean {
    const media = this.#media;
    if (media === undefined || !(this.#named || this.#ingress.packets > 0)) return false;
    // Who listens to an announcement need not say anything, and some phones then send nothing.
    return media.direction !== 'recvonly' && !peerHolds(media.direction) && !this.#playlist.announcing;
  }

  #report(now: Moment): void {
    if (!this.#control.due(now.ms)) return;
    const block = this.#ingress.reception.block(now.ms);
    const report = this.#control.report(this.#sent.report(now.samples), block, epochOf(now));
    this.#sendControl(report);
  }

  #sendControl(packet: Buffer): void {
    const to = this.#controlTarget();
    if (this.#media?.mux === true) this.#socket.send(packet, to);
    else this.#socket.sendControl(packet, to);
  }

  #controlTarget(): Place | undefined {
    const { lock } = this.#ingress;
    return this.#media?.mux === true ? lock.target : lock.controlTarget(this.#media?.remoteControl);
  }
}
