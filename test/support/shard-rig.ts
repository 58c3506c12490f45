/** A shard without threads, sockets or time: packets go in and out by hand, time goes on in steps of 20 ms. */
import type { MediaEvent } from '../../protocol/media.ts';
import { graph as graphSchema } from '../../protocol/media.ts';
import type { z } from 'zod';
import { isRtcp, writeRtp, readRtp, type RtpPacket } from '../../media/edge/rtp.ts';
import type { Place } from '../../media/edge/source-lock.ts';
import { codecs, payloadTypes, type Codec, type Direction } from '../../media/sdp/index.ts';
import type { FromShard, LegCounters, LegMedia, RecordRing, TapRing } from '../../media/shards/messages.ts';
import { Shard } from '../../media/shards/shard.ts';

export type GraphInput = z.input<typeof graphSchema>;

interface RigLegOptions {
  readonly codec?: Codec;
  readonly direction?: Direction;
  /** Does it know RFC 4733? */
  readonly events?: boolean;
  /** RTCP on the port of RTP. */
  readonly mux?: boolean;
  readonly policy?: Pick<LegMedia, 'tones' | 'silence'>;
}

interface RigLeg {
  readonly place: Place;
  readonly sent: RtpPacket[];
  readonly control: Buffer[];
  /** RTCP on the port of RTP. */
  readonly muxed: Buffer[];
  closed: boolean;
  take(packet: Buffer, from: Place): void;
  takeControl(packet: Buffer, from: Place): void;
}

export class ShardRig {
  readonly events: MediaEvent[] = [];
  readonly legs = new Map<string, RigLeg>();
  /** Prompts by path; a path that is not here is missing. */
  readonly prompts = new Map<string, Uint8Array>();
  readonly told: FromShard[] = [];
  readonly shard: Shard;
  /** Prompts are answered at once, unless this is set. */
  holdPrompts = false;
  now = 1000;
  #request = 0;
  #port = 30_000;
  #sequence = 500;

  constructor(rtpTimeoutMs = 30_000) {
    this.shard = new Shard(
      { rtpTimeoutMs },
      {
        now: () => this.now,
        tell: (message) => this.#take(message),
        open: ({ endpointId }, take, takeControl) => {
          const leg: RigLeg = {
            place: { address: '192.0.2.1', port: (this.#port += 2) },
            sent: [],
            control: [],
            muxed: [],
            closed: false,
            take,
            takeControl,
          };
          this.legs.set(endpointId, leg);
          return Promise.resolve({
            port: leg.place.port,
            send: (bytes) => {
              const packet = isRtcp(bytes) ? void leg.muxed.push(bytes) : readRtp(bytes);
              if (packet !== undefined) leg.sent.push(packet);
            },
            sendControl: (bytes) => leg.control.push(bytes),
            connect() {},
            close() {
              leg.closed = true;
            },
          });
        },
      },
    );
  }

  /** Opens a leg of call `c` and agrees on a codec. */
  async open(endpointId: string, options: RigLegOptions = {}) {
    const setup = { endpointId, callId: 'c', kind: 'sip' as const, ssrc: 77, bind: '127.0.0.1', port: 0 };
    this.shard.take({ type: 'open', request: ++this.#request, setup });
    await Promise.resolve();
    await Promise.resolve();
    this.configure(endpointId, options);
    return this.leg(endpointId);
  }

  configure(endpointId: string, options: RigLegOptions = {}): void {
    const { codec = 'PCMU', direction = 'sendrecv', events = true, mux = false, policy = {} } = options;
    const remote = this.leg(endpointId).place;
    const media: LegMedia = {
      remote,
      remoteControl: { ...remote, port: remote.port + 1 },
      send: { codec, payloadType: payloadTypes[codec] },
      sendEvents: events ? (codec === 'opus' ? 102 : 101) : undefined,
      receive: codecs.map((each) => ({ codec: each, payloadType: payloadTypes[each] })),
      receiveEvents: [101, 102],
      wideEvents: [102],
      direction,
      mux,
      ...policy,
    };
    this.shard.take({ type: 'configure', endpointId, media });
  }

  leg(endpointId: string): RigLeg {
    const leg = this.legs.get(endpointId);
    if (leg === undefined) throw new Error(`no leg ${endpointId}`);
    return leg;
  }

  apply(graph: GraphInput, rings: readonly TapRing[] = [], records: readonly RecordRing[] = []): void {
    this.shard.take({ type: 'apply', callId: 'c', graph: graphSchema.parse(graph), rings, records });
  }

  /** Goes on by `count` steps of 20 ms; before each, `say` may send packets. */
  tick(count = 1, say: (step: number) => void = () => {}): void {
    for (let step = 0; step < count; step++) {
      say(step);
      this.now += 20;
      this.shard.tick();
    }
  }

  /** A packet of the far side of a leg. */
  say(endpointId: string, packet: Partial<RtpPacket> = {}, from?: Place): void {
    const leg = this.leg(endpointId);
    const sequence = packet.sequence ?? this.#sequence++ & 0xffff;
    const whole = writeRtp({
      payloadType: 0,
      marker: false,
      timestamp: sequence * 160,
      ssrc: 5,
      payload: new Uint8Array(160).fill(0x80),
      ...packet,
      sequence,
    });
    leg.take(whole, from ?? leg.place);
  }

  /** What the shard counts of a leg. */
  counters(endpointId: string): LegCounters {
    this.shard.take({ type: 'counters', request: ++this.#request });
    const last = this.told.findLast((message) => message.type === 'counters');
    const found = last?.type === 'counters' ? last.legs.find((leg) => leg.endpointId === endpointId) : undefined;
    if (found === undefined) throw new Error(`no leg ${endpointId}`);
    return found;
  }

  /** The events of one type. */
  happened<T extends MediaEvent['type']>(type: T): Extract<MediaEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { type: T }> => event.type === type);
  }

  /** Answers what was asked for while `holdPrompts` was set. */
  releasePrompts(): void {
    this.holdPrompts = false;
    for (const message of this.told) if (message.type === 'want-prompt') this.#answer(message.path, message.codec);
  }

  #take(message: FromShard): void {
    this.told.push(message);
    if (message.type === 'event') this.events.push(message.event);
    if (message.type === 'want-prompt' && !this.holdPrompts) this.#answer(message.path, message.codec);
  }

  #answer(path: string, codec: Codec): void {
    const bytes = this.prompts.get(path);
    const reason = bytes === undefined ? 'there is no such file' : undefined;
    this.shard.take({ type: 'prompt', prompt: { path, codec, bytes, reason } });
  }
}
