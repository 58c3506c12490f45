/** One real call: runs the SIP machine, paces the audio and keeps what is heard. */
import type { Socket } from 'node:dgram';
import { assertNever } from '../../base/assert-never.ts';
import type { Cancel } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import type { ReceivedStatistics } from './listener.ts';
import { Listener } from './listener.ts';
import { startPacer } from './pacer.ts';
import { parseRtp, writeRtp } from './rtp.ts';
import type { CodecName, Direction, RemoteAudio } from './sdp.ts';
import type { HostPort, SipTransport } from './sip-transport.ts';
import type { OutgoingFrame, ScriptItem, TalkerMark } from './talker.ts';
import { digitScript, Talker } from './talker.ts';
import type { CallEnd, UacEffect, UacEvent, UacSignal, UacState, UacTimer } from './uac-state.ts';
import { stepUac } from './uac.ts';
import type { UacPlan } from './uac-messages.ts';

/** What happens in a call, as it happens. */
export type CallEvent =
  | { readonly type: 'progress'; readonly status: number; readonly reason: string }
  /** `by` is the far side's Server header or contact. */
  | { readonly type: 'answered'; readonly by: string; readonly codec: CodecName }
  | { readonly type: 'first-audio' }
  | TalkerMark
  | { readonly type: 'digit-heard'; readonly digit: string }
  /** The far side put us on hold (RFC 3264 section 8.4), or took us back. */
  | { readonly type: 'held'; readonly direction: Direction }
  | { readonly type: 'resumed' }
  | { readonly type: 'ended'; readonly end: CallEnd };

/** What is known of a call when it is over. */
export interface CallReport {
  readonly callId: string;
  readonly end: CallEnd;
  /** The last SIP status of the INVITE, absent if nothing came. */
  readonly status?: number;
  /** From INVITE to answer, absent if it was not answered. */
  readonly setUpMs?: number;
  /** From answer to end. */
  readonly durationMs: number;
  readonly codec?: CodecName;
  readonly sent: { readonly packets: number; readonly digits: string };
  readonly received: ReceivedStatistics & { readonly digits: string };
  /** What was heard at 8 kHz since media began; empty unless it was recorded. */
  readonly recording: Int16Array;
}

export interface CallParts {
  readonly plan: UacPlan;
  readonly transport: SipTransport;
  readonly rtp: Socket;
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  /** Done once the call is answered. */
  readonly script: readonly ScriptItem[];
  readonly record: boolean;
  readonly lingerMs: number;
  /** Hang up when nothing is heard for so long, unless on hold; 0: never. */
  readonly silenceMs: number;
  readonly onFrame?: ((samples: Int16Array, elapsedMs: number) => void) | undefined;
}

/** A call in progress. Made by `placeCall`. */
export class Call {
  readonly events = new Emitter<CallEvent>();
  /** Resolves when the far side answers; never if it does not (race it with `ended`). */
  readonly answered: Promise<void>;
  /** Resolves when the call is over, however it ended; never rejects. */
  readonly ended: Promise<CallReport>;

  readonly #parts: CallParts;
  readonly #talker: Talker;
  readonly #listener: Listener;
  readonly #timers = new Map<UacTimer, NodeJS.Timeout>();
  readonly #startedAt = performance.now();
  readonly #answer = Promise.withResolvers<undefined>();
  readonly #end = Promise.withResolvers<CallReport>();
  #state: UacState = { type: 'idle' };
  #remote: RemoteAudio | undefined;
  #mediaAt: number | undefined;
  #answeredAt: number | undefined;
  #heardAt = 0;
  #status: number | undefined;
  #held = false;
  #sequence: number;
  #sentPackets = 0;
  #sentDigits = '';
  #heardDigits = '';
  #stopPacer: Cancel | undefined;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#talker = new Talker(parts.firstTimestamp);
    this.#listener = new Listener(parts.record);
    this.#sequence = parts.firstSequence;
    this.answered = this.#answer.promise;
    this.ended = this.#end.promise;
    parts.rtp.on('message', (bytes, from) => this.#onRtp(bytes, { host: from.address, port: from.port }));
    // An ICMP error on the way to the far side's RTP port is no reason to end a call.
    parts.rtp.on('error', () => undefined);
  }

  /** The SIP Call-ID. */
  get callId(): string {
    return this.#parts.plan.callId;
  }

  /** Milliseconds since media began, 0 before. */
  get mediaElapsedMs(): number {
    return this.#mediaAt === undefined ? 0 : performance.now() - this.#mediaAt;
  }

  get statistics(): { readonly sentPackets: number; readonly received: ReceivedStatistics } {
    return { sentPackets: this.#sentPackets, received: this.#listener.statistics };
  }

  /** Sends the INVITE. */
  start(): void {
    this.#feed({ type: 'start' });
  }

  /** Hands a SIP message of this call to it. */
  receive(event: Extract<UacEvent, { type: 'received' | 'transport-failed' }>): void {
    this.#feed(event);
  }

  /** Cancels before the answer, says BYE after it. `ended` tells when it is done. */
  hangUp(): void {
    this.#feed({ type: 'hang-up' });
  }

  /** Sends keys as soon as what is being said is said; `w` and `,` wait. */
  press(digits: string): void {
    this.#talker.insert(digitScript(digits));
  }

  /** Plays 8 kHz audio as soon as what is being said is said. */
  play(samples: Int16Array): void {
    this.#talker.insert([{ type: 'audio', samples, turn: 1 }]);
  }

  #feed(event: UacEvent): void {
    const { state, effects } = stepUac(this.#parts.plan, this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: UacEffect): void {
    switch (effect.type) {
      case 'send':
        if ('uri' in effect.to) this.#parts.transport.sendToUri(effect.message, effect.to.uri);
        else this.#parts.transport.sendToSource(effect.message, effect.to.source);
        return;
      case 'arm': {
        clearTimeout(this.#timers.get(effect.timer));
        const run = (): void => this.#feed({ type: 'timer', timer: effect.timer });
        this.#timers.set(effect.timer, setTimeout(run, effect.afterMs));
        return;
      }
      case 'disarm':
        clearTimeout(this.#timers.get(effect.timer));
        return;
      case 'signal':
        return this.#onSignal(effect.signal);
      default:
        return assertNever(effect);
    }
  }

  #onSignal(signal: UacSignal): void {
    switch (signal.type) {
      case 'progress':
        this.#status = signal.status;
        this.events.emit(signal);
        return;
      case 'media':
        return this.#onMedia(signal.remote);
      case 'answered':
        return this.#onAnswered(signal.by);
      case 'ended':
        return this.#onEnded(signal.end);
      default:
        return assertNever(signal);
    }
  }

  #onMedia(remote: RemoteAudio): void {
    this.#remote = remote;
    this.#mediaAt ??= performance.now();
    this.#stopPacer ??= startPacer(20, (skipped) => this.#onTick(skipped));
    const held = remote.direction === 'sendonly' || remote.direction === 'inactive';
    this.#heardAt = performance.now();
    if (held && !this.#held) this.events.emit({ type: 'held', direction: remote.direction });
    if (!held && this.#held) this.events.emit({ type: 'resumed' });
    this.#held = held;
  }

  #onAnswered(by: string): void {
    this.#status = 200;
    this.#answeredAt = performance.now();
    this.#talker.append(this.#parts.script);
    this.events.emit({ type: 'answered', by, codec: this.#remote?.codec ?? 'pcmu' });
    this.#answer.resolve(undefined);
  }

  #onEnded(end: CallEnd): void {
    this.#stopPacer?.();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#parts.rtp.close();
    this.#parts.transport.close(this.#parts.lingerMs);
    if (end.type === 'refused') this.#status = end.status;
    this.events.emit({ type: 'ended', end });
    this.#end.resolve(this.#report(end));
  }

  #report(end: CallEnd): CallReport {
    const now = performance.now();
    const answeredAt = this.#answeredAt;
    return {
      callId: this.callId,
      end,
      ...(this.#status === undefined ? {} : { status: this.#status }),
      ...(answeredAt === undefined ? {} : { setUpMs: Math.round(answeredAt - this.#startedAt) }),
      durationMs: Math.round(answeredAt === undefined ? 0 : now - answeredAt),
      ...(this.#remote === undefined ? {} : { codec: this.#remote.codec }),
      sent: { packets: this.#sentPackets, digits: this.#sentDigits },
      received: { ...this.#listener.statistics, digits: this.#heardDigits },
      recording: this.#listener.recording(this.mediaElapsedMs),
    };
  }

  #onTick(skipped: number): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    this.#talker.skip(skipped);
    if (this.#isDeserted()) return this.#feed({ type: 'deserted' });
    // On hold nobody would hear it: the script waits, the media clock goes on.
    if (this.#held) return this.#talker.skip(1);
    this.#send(this.#talker.next(remote), remote);
  }

  /** A far side that died says no BYE; its silence is all there is to notice. */
  #isDeserted(): boolean {
    const { silenceMs } = this.#parts;
    const since = Math.max(this.#heardAt, this.#answeredAt ?? Number.POSITIVE_INFINITY);
    return silenceMs > 0 && !this.#held && performance.now() - since > silenceMs;
  }

  #send(frame: OutgoingFrame, remote: RemoteAudio): void {
    for (const packet of frame.packets) {
      const bytes = writeRtp({ ...packet, sequence: this.#sequence, ssrc: this.#parts.ssrc });
      this.#sequence = (this.#sequence + 1) & 0xffff;
      this.#sentPackets++;
      this.#parts.rtp.send(bytes, remote.port, remote.address);
    }
    for (const mark of frame.marks) {
      if (mark.type === 'digit-sent') this.#sentDigits += mark.digit;
      this.events.emit(mark);
    }
  }

  #onRtp(bytes: Buffer, from: HostPort): void {
    const remote = this.#remote;
    if (remote === undefined || from.host !== remote.address) return;
    const packet = parseRtp(bytes);
    if (packet === undefined) return;
    this.#heardAt = performance.now();
    const first = this.#listener.statistics.packets === 0;
    const heard = this.#listener.take(packet, remote, this.mediaElapsedMs);
    if (first) this.events.emit({ type: 'first-audio' });
    if (heard.samples !== undefined) this.#parts.onFrame?.(heard.samples, this.mediaElapsedMs);
    if (heard.digit === undefined) return;
    this.#heardDigits += heard.digit;
    this.events.emit({ type: 'digit-heard', digit: heard.digit });
  }
}
