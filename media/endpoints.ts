import { mediaFullTexts, type MediaEvent, type MediaFull, type MediaResult } from '../protocol/media.ts';
import { systemClock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { Costs } from './audio/costs.ts';
import type { Recorder } from './recorder.ts';
import type { Ears } from './ears/ports.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import type { NetworkStatistics } from './mediasoup/statistics.ts';
import { refuse, type Answer } from './errors.ts';
import { InOrder } from './in-order.ts';
import type { Verbs } from './rpc/server.ts';
import type { ShardPool } from './shards/pool.ts';
import type { LegCounters } from './shards/messages.ts';
import { OfferedEndpoint } from './offered-endpoint.ts';
import { keysUnder, readDescription } from './sdp/index.ts';
import { SecuredEndpoint } from './secured-endpoint.ts';
import { PicturedEndpoint } from './pictured-endpoint.ts';
import { SipEndpoint, type SipSurroundings } from './sip-endpoint.ts';
import { PictureRecordings } from './picture-recordings.ts';
import { Pictures } from './pictures.ts';
import { Taps } from './taps.ts';
import { WebRtcEndpoint, type WebRtcSurroundings } from './webrtc-endpoint.ts';

type Params<V extends keyof Verbs> = Parameters<Verbs[V]>[0];

/** Where endpoints live, and what hears them. */
export interface EndpointsOptions {
  readonly sip: SipSurroundings;
  readonly webrtc: WebRtcSurroundings;
  readonly ears: Ears;
  readonly recorder: Recorder;
  /** Events that were dropped on the way to brains. */
  readonly lostEvents: () => number;
  readonly bootId: string;
  readonly mostEndpoints: number;
  /** RTP ports that pictures of phones leave to the sound of calls that are there. */
  readonly reservedPorts: number;
  /** Whether new calls are taken. */
  readonly admits: () => MediaFull | null;
  readonly logger: Logger;
}

/** Verbs of one call that may wait for each other: a brain asks for one graph after each transition, not for hundreds. */
const mostWaiting = 256;

interface HeldCall {
  readonly endpoints: Set<string>;
  revision: number | undefined;
}

/** The edge sees gaps and clock of a browser's voice on loopback, mediasoup what its network did to it. */
function withSeen<L extends Omit<LegCounters, 'endpointId'>>(leg: L, seen: NetworkStatistics | undefined): L {
  if (seen === undefined) return leg;
  const { received, ...rest } = seen;
  return {
    ...leg,
    ...rest,
    ...(received === undefined ? {} : { received: { gaps: 0, ...leg.received, ...received } }),
  };
}

const countedNothing: Omit<LegCounters, 'endpointId'> = {
  connected: false,
  packetsReceived: 0,
  packetsSent: 0,
  octetsReceived: 0,
  octetsSent: 0,
  strangers: 0,
  unknown: 0,
  sends: 'nothing',
  decoded: false,
  playout: { lost: 0, recovered: 0, late: 0, dry: 0, shortened: 0 },
};

type EndpointCounters = MediaResult<'inventory'>['endpoints'][number];

/** What the node holds: endpoints, the graph revision of each call, taps. The verbs of the RPC are its methods. */
export class Endpoints {
  /** What happened, beside what the shards tell. */
  readonly events = new Emitter<MediaEvent>();
  /** An endpoint was opened or closed. */
  readonly changed = new Emitter<undefined>();
  readonly #options: EndpointsOptions;
  readonly #shards: ShardPool;
  readonly #taps: Taps;
  readonly #costs = new Costs();
  readonly #pictures: Pictures;
  readonly #pictureRecordings: PictureRecordings;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #calls = new Map<string, HeldCall>();
  /** The verbs of one call never overtake each other. */
  readonly #order = new InOrder();
  #phrases = { revision: -1, rejected: [] as { phraseId: string; reason: string }[] };

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.#shards = options.sip.shards;
    this.#taps = new Taps(options.ears);
    this.#pictures = new Pictures({
      ...{ clock: systemClock, logger: options.logger, tell: (event) => this.events.emit(event) },
      endpoint: (id) => this.#endpoints.get(id),
    });
    this.#pictureRecordings = new PictureRecordings({
      ...{ recorder: options.recorder, logger: options.logger },
      endpoint: (id) => this.#endpoints.get(id),
    });
    this.#shards.lost.on((calls) => this.#shardDied(calls));
  }

  /** The verbs, as the RPC server wants them. */
  get verbs(): Omit<Verbs, 'prepare'> {
    return {
      open: (params) => this.#inOrder(params.callId, () => this.#open(params)),
      answer: ({ endpointId, remoteSdp, ...notes }) =>
        this.#with(endpointId, async (endpoint) => {
          const answered = await endpoint.answer(remoteSdp, notes);
          this.#pictureChanged(endpoint.callId);
          return answered;
        }),
      apply: (params) => this.#inOrder(params.callId, () => this.#apply(params)),
      close: ({ endpointId }) => this.#closeInOrder(endpointId),
      closeCall: ({ callId }) => this.#inOrder(callId, () => this.#closeCall(callId)),
      refreshPicture: ({ endpointId }) =>
        this.#with(endpointId, (endpoint) => {
          endpoint.refresh?.();
          return Promise.resolve({ ok: true, value: {} });
        }),
      restartIce: ({ endpointId }) => this.#with(endpointId, (endpoint) => endpoint.restartIce()),
      inventory: () => this.#inventory(),
      setPhrases: (params) => this.#setPhrases(params),
    };
  }

  /** Closes everything; `cause` is told for each endpoint if given. */
  closeAll(cause?: 'lease-expired'): void {
    for (const endpoint of [...this.#endpoints.values()]) {
      if (cause !== undefined) this.#lost(endpoint, cause);
      this.#shut(endpoint);
    }
    this.#taps.closeAll();
  }

  /** How many are open. */
  get size(): number {
    return this.#endpoints.size;
  }

  /** Tells that everything that is left is over; it stays open for the goodbyes. */
  tellDrained(): void {
    for (const endpoint of this.#endpoints.values()) this.#lost(endpoint, 'drained');
  }

  async #open({
    endpointId,
    callId,
    kind,
    remoteSdp,
    offer,
    again,
    ...notes
  }: Params<'open'>): ReturnType<Verbs['open']> {
    const known = this.#endpoints.get(endpointId);
    if (known !== undefined) {
      if (known.callId !== callId || known.kind !== kind)
        return refuse('bad-request', 'this endpoint exists with another call or kind');
      const again = await known.describe(remoteSdp, notes);
      this.#pictures.changed(callId);
      return again;
    }
    const full = this.#calls.has(callId) || again === true ? null : this.#options.admits();
    if (full !== null) return refuse(full === 'ports' ? 'no-port' : 'overloaded', mediaFullTexts[full].en);
    if (this.#endpoints.size >= this.#options.mostEndpoints) return refuse('overloaded', 'too many endpoints are open');
    const preferred = this.#codecOf(callId) ?? offer?.audio;
    const opened = await this.#make(kind, remoteSdp, {
      ...{ endpointId, callId, preferred, policy: notes.policy, video: offer?.video },
    });
    if (!opened.ok) {
      this.#forgetIfEmpty(callId);
      return opened;
    }
    const described = await this.#describeNew(opened.value, remoteSdp, notes);
    if (!described.ok) {
      opened.value.close();
      this.#forgetIfEmpty(callId);
      return described;
    }
    this.#endpoints.set(endpointId, opened.value);
    this.#call(callId).endpoints.add(endpointId);
    this.#pictures.changed(callId);
    this.changed.emit(undefined);
    this.#options.logger.info({ callId, endpointId, kind, codec: opened.value.codec }, 'an endpoint was opened');
    return described;
  }

  /** The first description of an endpoint. Nothing may be left behind if the worker dies in the middle of it. */
  async #describeNew(endpoint: Endpoint, remoteSdp: string | undefined, notes: LegNotes): ReturnType<Verbs['open']> {
    try {
      const described = await endpoint.describe(remoteSdp, notes);
      return endpoint.dead ? refuse('overloaded', 'the mediasoup worker died') : described;
    } catch (err) {
      this.#options.logger.warn({ err, callId: endpoint.callId }, 'an endpoint could not be described');
      return refuse('internal', 'the endpoint could not be described');
    }
  }

  async #make(
    kind: Params<'open'>['kind'],
    remoteSdp: string | undefined,
    setup: EndpointSetup,
  ): Promise<Answer<Endpoint>> {
    if (kind === 'sip') return this.#makeSip(remoteSdp, setup);
    const opened = await WebRtcEndpoint.open(setup, this.#options.webrtc);
    if (!opened.ok) return opened;
    const { value: endpoint } = opened;
    const { endpointId, callId } = setup;
    endpoint.up.on(() => this.events.emit({ type: 'endpoint-connected', callId, endpointId }));
    endpoint.lost.on((cause) => {
      this.#lost(endpoint, cause);
      if (cause === 'worker-died') this.#shut(endpoint);
    });
    return opened;
  }

  /** Who offers SRTP gets SRTP, and is offered it, as the policy of the far side says. */
  async #makeSip(remoteSdp: string | undefined, setup: EndpointSetup): Promise<Answer<Endpoint>> {
    const { sip, webrtc } = this.#options;
    const srtp = setup.policy?.srtp;
    const offer = remoteSdp === undefined ? undefined : readDescription(remoteSdp, 'rtp');
    const keys = offer?.ok === true ? keysUnder(offer.value.audio, srtp) : undefined;
    if (keys?.ok === false) return refuse('unsupported-sdp', keys.error);
    const offers = remoteSdp === undefined && (srtp === 'optional' || srtp === 'required');
    if (!offers && (keys === undefined || keys.value.length === 0)) return this.#makePlain(setup);
    const around = { sip, workers: webrtc.workers };
    const opened = await (offers ? OfferedEndpoint.open(setup, around) : SecuredEndpoint.open(setup, around));
    if (!opened.ok) return opened;
    const { value: endpoint } = opened;
    endpoint.lost.on((cause) => {
      this.#lost(endpoint, cause);
      this.#shut(endpoint);
    });
    return opened;
  }

  /** With a picture, where it may have one; encrypted legs have none. */
  async #makePlain(setup: EndpointSetup): Promise<Answer<Endpoint>> {
    const { sip, webrtc, reservedPorts } = this.#options;
    const opened = await SipEndpoint.open(setup, sip);
    if (!opened.ok || setup.video?.codecs.includes('H264') !== true) return opened;
    const { callId, endpointId } = setup;
    const wanted = (): void => this.events.emit({ type: 'picture-wanted', callId, endpointId });
    const moved = (): void => this.#pictureChanged(callId);
    const { ports, bind } = sip;
    const around = { workers: webrtc.workers, ports, reservedPorts, bind, clock: systemClock, wanted, moved };
    return { ok: true, value: new PicturedEndpoint(setup, opened.value, around) };
  }

  /** What was wanted of it may be possible now. */
  #pictureChanged(callId: string): void {
    this.#pictures.changed(callId);
    this.#pictureRecordings.changed(callId);
  }

  #apply({ callId, revision, graph }: Params<'apply'>): Awaited<ReturnType<Verbs['apply']>> {
    const call = this.#calls.get(callId);
    if (call === undefined || call.endpoints.size === 0) return refuse('unknown-call', 'the call has no endpoint here');
    if (call.revision !== undefined && revision <= call.revision) return { ok: true, value: { applied: false } };
    call.revision = revision;
    const rings = this.#taps.apply(callId, graph.taps);
    const records = this.#options.recorder.apply(callId, graph.recordings ?? []);
    this.#shards.apply({ callId, graph, rings, records });
    this.#pictures.apply(callId, graph.video ?? []);
    this.#pictureRecordings.apply(callId, graph);
    return { ok: true, value: { applied: true } };
  }

  #closeInOrder(endpointId: string): ReturnType<Verbs['close']> {
    const callId = this.#endpoints.get(endpointId)?.callId;
    if (callId === undefined) return Promise.resolve({ ok: true, value: { closed: [] } });
    return this.#inOrder(callId, () => this.#closeCounted([endpointId], callId));
  }

  #closeCall(callId: string): ReturnType<Verbs['closeCall']> {
    return this.#closeCounted([...(this.#calls.get(callId)?.endpoints ?? [])], callId);
  }

  /** What they counted is asked for first; a shard or worker that has died has nothing to tell. */
  async #closeCounted(
    endpointIds: readonly string[],
    callId: string,
  ): Promise<Answer<{ readonly closed: EndpointCounters[] }>> {
    const there = endpointIds.flatMap((endpointId) => this.#endpoints.get(endpointId) ?? []);
    const closed = await this.#countersOf(there, callId);
    for (const endpoint of there) if (this.#endpoints.get(endpoint.endpointId) === endpoint) this.#shut(endpoint);
    return { ok: true, value: { closed } };
  }

  async #inventory(): ReturnType<Verbs['inventory']> {
    const endpoints = await this.#countersOf([...this.#endpoints.values()]);
    const graphs = [...this.#calls].flatMap(([callId, { revision }]) =>
      revision === undefined ? [] : [{ callId, revision }],
    );
    const { bootId, ears, recorder, lostEvents } = this.#options;
    const dropped = {
      taps: this.#taps.dropped,
      ears: ears.dropped,
      recorder: Math.round(recorder.dropped),
      events: lostEvents(),
    };
    return { ok: true, value: { bootId, endpoints, graphs, dropped } };
  }

  /** What endpoints have counted; they are all of one call where `callId` is given. */
  async #countersOf(endpoints: readonly Endpoint[], callId?: string): Promise<EndpointCounters[]> {
    const [counters, seen] = await Promise.all([
      this.#shards.counters(callId),
      Promise.all(endpoints.map(async (endpoint) => endpoint.statistics?.())),
    ]);
    return endpoints.map(({ endpointId, callId: of, kind, connected }, at) => {
      const leg = counters.get(endpointId) ?? countedNothing;
      const costUs = this.#costs.of(leg);
      const cost = costUs === undefined ? {} : { costUs };
      return {
        ...withSeen(leg, seen[at]),
        ...cost,
        endpointId,
        callId: of,
        kind,
        connected: connected ?? leg.connected,
      };
    });
  }

  async #setPhrases({ revision, phrases }: Params<'setPhrases'>): ReturnType<Verbs['setPhrases']> {
    if (revision > this.#phrases.revision) {
      this.#phrases = { revision, rejected: [] };
      const rejected = await this.#options.ears.setPhrases(phrases);
      if (this.#phrases.revision === revision) this.#phrases = { revision, rejected: [...rejected] };
    }
    return { ok: true, value: { rejected: this.#phrases.rejected } };
  }

  #shardDied(calls: readonly string[]): void {
    for (const callId of calls) {
      this.#options.recorder.interrupt(callId);
      for (const endpointId of this.#calls.get(callId)?.endpoints ?? []) {
        const endpoint = this.#endpoints.get(endpointId);
        if (endpoint === undefined) continue;
        this.#lost(endpoint, 'shard-died');
        this.#shut(endpoint);
      }
    }
  }

  #lost({ callId, endpointId }: Endpoint, cause: Extract<MediaEvent, { type: 'endpoint-lost' }>['cause']): void {
    this.#options.logger.warn({ callId, endpointId, cause }, 'an endpoint was lost');
    this.events.emit({ type: 'endpoint-lost', callId, endpointId, cause });
  }

  #shut(endpoint: Endpoint): void {
    const { endpointId, callId } = endpoint;
    this.#options.logger.info({ callId, endpointId }, 'an endpoint was closed');
    this.#endpoints.delete(endpointId);
    this.#taps.close(endpointId);
    endpoint.close();
    this.#calls.get(callId)?.endpoints.delete(endpointId);
    this.#forgetIfEmpty(callId);
    this.changed.emit(undefined);
  }

  #forgetIfEmpty(callId: string): void {
    if ((this.#calls.get(callId)?.endpoints.size ?? 0) > 0) return;
    this.#taps.apply(callId, []);
    this.#options.recorder.apply(callId, []);
    this.#calls.delete(callId);
    this.#pictures.forget(callId);
    this.#pictureRecordings.forget(callId);
    this.#shards.forget(callId);
  }

  #codecOf(callId: string): Endpoint['codec'] {
    for (const endpointId of this.#calls.get(callId)?.endpoints ?? []) {
      const codec = this.#endpoints.get(endpointId)?.codec;
      if (codec !== undefined) return codec;
    }
    return undefined;
  }

  #call(callId: string): HeldCall {
    const call = this.#calls.get(callId) ?? { endpoints: new Set(), revision: undefined };
    this.#calls.set(callId, call);
    return call;
  }

  #with<T>(endpointId: string, run: (endpoint: Endpoint) => Promise<Answer<T>>): Promise<Answer<T>> {
    const gone = refuse('unknown-endpoint', 'there is no such endpoint');
    const callId = this.#endpoints.get(endpointId)?.callId;
    if (callId === undefined) return Promise.resolve(gone);
    return this.#inOrder<T>(callId, async () => {
      const endpoint = this.#endpoints.get(endpointId);
      return endpoint === undefined ? gone : run(endpoint);
    });
  }

  #inOrder<T>(callId: string, run: () => Answer<T> | Promise<Answer<T>>): Promise<Answer<T>> {
    if (this.#order.waiting(callId) >= mostWaiting)
      return Promise.resolve(refuse('overloaded', 'too many verbs of this call wait for each other'));
    return this.#order.run(callId, run);
  }
}
