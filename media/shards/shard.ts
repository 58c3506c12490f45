import { assertNever } from '../../base/assert-never.ts';
import type { MediaEvent } from '../../protocol/media.ts';
import type { Place } from '../edge/source-lock.ts';
import { clockRate } from '../sdp/index.ts';
import type { LegEvents, LegSocket, Moment } from './leg-ports.ts';
import { Leg } from './leg.ts';
import type { FromShard, LegSetup, LoadedPrompt, ShardOptions, ToShard } from './messages.ts';
import { Room } from './room.ts';

type Take = (packet: Buffer, from: Place) => void;

/** What a shard needs of the thread it runs in. */
export interface ShardOutside {
  /** Milliseconds that only grow. */
  now(): number;
  tell(message: FromShard): void;
  /** `source` is called for each source of a secured leg. */
  open(setup: LegSetup, take: Take, takeControl: Take, source: (ssrc: number) => void): Promise<LegSocket>;
}

/** The calls of one thread: takes commands, steps every 20 ms. */
export class Shard {
  readonly #outside: ShardOutside;
  readonly #options: ShardOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #calls = new Map<string, string>();
  readonly #waiting = new Map<string, ((prompt: LoadedPrompt) => void)[]>();

  constructor(options: ShardOptions, outside: ShardOutside) {
    this.#options = options;
    this.#outside = outside;
  }

  /** Does what the main thread asks. Answers come by `tell`. */
  take(message: ToShard): void {
    switch (message.type) {
      case 'open':
        void this.#open(message.request, message.setup);
        return;
      case 'configure':
        this.#leg(message.endpointId)?.configure(message.media);
        return;
      case 'ice':
        this.#leg(message.endpointId)?.ice(message.session);
        return;
      case 'apply':
        this.#room(message.callId).apply(message);
        return;
      case 'source-ready':
        this.#leg(message.endpointId)?.sourceReady(message.ssrc);
        return;
      case 'close':
        this.#close(message.endpointId);
        return;
      case 'forget':
        this.#forget(message.callId);
        return;
      case 'counters':
        this.#outside.tell({ type: 'counters', request: message.request, legs: this.#counters(message.callId) });
        return;
      case 'prompt':
        this.#loaded(message.prompt);
        return;
      case 'stop':
        for (const room of this.#rooms.values()) room.close(this.#moment());
        this.#rooms.clear();
        return;
      default:
        assertNever(message, 'message');
    }
  }

  /** The next 20 ms of every call. */
  tick(): void {
    const now = this.#moment();
    for (const [callId, room] of this.#rooms) this.#guard(callId, () => room.tick(now));
  }

  /** A mistake of ours costs the call in which it shows, not all calls of the thread. */
  #guard(callId: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#died(callId, error);
    }
  }

  #died(callId: string, error: unknown): void {
    this.#forget(callId);
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#outside.tell({ type: 'call-died', callId, reason });
  }

  #moment(): Moment {
    const ms = this.#outside.now();
    return { ms, samples: Math.floor((ms * clockRate) / 1000) };
  }

  async #open(request: number, setup: LegSetup): Promise<void> {
    const { endpointId, callId } = setup;
    let opened: Leg | undefined;
    // Every packet comes this way: no closure and no look-up for each.
    const take: Take = (packet, from) => {
      try {
        opened?.receive(packet, from, this.#moment());
      } catch (error) {
        this.#died(callId, error);
      }
    };
    try {
      const socket = await this.#outside.open(
        setup,
        take,
        (packet, from) => this.#guard(callId, () => opened?.receiveControl(packet, from, this.#moment())),
        (ssrc) => this.#outside.tell({ type: 'source', endpointId, ssrc }),
      );
      const leg = new Leg(setup, socket, {
        want: (path, codec, take) => this.#want(path, codec, take),
        events: this.#eventsOf(setup),
        rtpTimeoutMs: this.#options.rtpTimeoutMs,
      });
      opened = leg;
      this.#calls.set(endpointId, setup.callId);
      this.#room(setup.callId).add(leg);
      const secured = socket.front === undefined ? {} : { securedPort: socket.front.port };
      this.#outside.tell({ type: 'opened', request, port: socket.port, ...secured });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      this.#outside.tell({ type: 'refused', request, code });
    }
  }

  #eventsOf({ endpointId, callId, kind }: LegSetup): LegEvents {
    const tell = (event: MediaEvent): void => this.#outside.tell({ type: 'event', event });
    return {
      // A browser is connected when DTLS is up, which mediasoup tells.
      connected: () => kind === 'sip' && tell({ type: 'endpoint-connected', callId, endpointId }),
      digit: ({ digit, durationMs }, mode) => tell({ type: 'digit', callId, endpointId, digit, durationMs, mode }),
      silent: () => tell({ type: 'endpoint-lost', callId, endpointId, cause: 'rtp-timeout' }),
      flagged: (silent, ms) => tell({ type: 'endpoint-silent', callId, endpointId, silent, ms: Math.round(ms) }),
      playEnded: (playId, end) => tell({ type: 'play-ended', callId, playId, ...end }),
      dtmfSent: (dtmfId) => tell({ type: 'dtmf-sent', callId, dtmfId }),
    };
  }

  #want(path: string, codec: LoadedPrompt['codec'], take: (prompt: LoadedPrompt) => void): void {
    const key = `${codec} ${path}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) {
      waiting.push(take);
      return;
    }
    this.#waiting.set(key, [take]);
    this.#outside.tell({ type: 'want-prompt', path, codec });
  }

  #loaded(prompt: LoadedPrompt): void {
    const key = `${prompt.codec} ${prompt.path}`;
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const take of waiting) take(prompt);
  }

  #room(callId: string): Room {
    const room =
      this.#rooms.get(callId) ??
      new Room((endpointIds) => {
        const event: MediaEvent = { type: 'speakers-changed', callId, endpointIds: [...endpointIds] };
        this.#outside.tell({ type: 'event', event });
      });
    this.#rooms.set(callId, room);
    return room;
  }

  #leg(endpointId: string): Leg | undefined {
    return this.#rooms.get(this.#calls.get(endpointId) ?? '')?.leg(endpointId);
  }

  #close(endpointId: string): void {
    const callId = this.#calls.get(endpointId);
    if (callId === undefined) return;
    this.#calls.delete(endpointId);
    this.#rooms.get(callId)?.remove(endpointId, this.#moment());
  }

  #forget(callId: string): void {
    this.#rooms.get(callId)?.close(this.#moment());
    this.#rooms.delete(callId);
    for (const [endpointId, call] of this.#calls) if (call === callId) this.#calls.delete(endpointId);
  }

  #counters(callId: string | undefined) {
    const one = callId === undefined ? undefined : this.#rooms.get(callId);
    const rooms = callId === undefined ? [...this.#rooms.values()] : one === undefined ? [] : [one];
    return rooms.flatMap((room) => [...room.legs].map((leg) => leg.counters));
  }
}
