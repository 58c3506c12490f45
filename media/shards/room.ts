import type { Graph } from '../../protocol/media.ts';
import { TapRingWriter } from '../audio/tap-ring.ts';
import type { Moment } from './leg-ports.ts';
import type { Feed, Leg } from './leg.ts';
import type { ShardGraph } from './messages.ts';
import { Recordings } from './recordings.ts';
import { Speakers } from './speakers.ts';

const empty: Graph = { edges: [], plays: [], taps: [], dtmf: [] };

/**
 * The legs of one call under one graph. Whatever comes first, a leg or the graph that names it, they find each other:
 * the graph is kept and looked at again whenever a leg comes or goes.
 */
export class Room {
  readonly #legs = new Map<string, Leg>();
  readonly #rings = new Map<string, SharedArrayBuffer>();
  readonly #recordings = new Recordings();
  readonly #speakers = new Speakers();
  readonly #spoke: (endpointIds: readonly string[]) => void;
  /** Those whose voices are mixed for somebody. */
  #mixed: ReadonlyMap<string, Leg> = new Map();
  #graph: Graph = empty;

  /** `spoke` is told who speaks, whenever that changes among those who are mixed. */
  constructor(spoke: (endpointIds: readonly string[]) => void) {
    this.#spoke = spoke;
  }

  add(leg: Leg): void {
    this.#legs.set(leg.setup.endpointId, leg);
    this.#settle();
  }

  remove(endpointId: string, now: Moment): void {
    this.#legs.get(endpointId)?.close(now);
    this.#legs.delete(endpointId);
    this.#settle();
  }

  leg(endpointId: string): Leg | undefined {
    return this.#legs.get(endpointId);
  }

  get legs(): Iterable<Leg> {
    return this.#legs.values();
  }

  /** Makes this the graph of the call. */
  apply({ graph, rings, records }: ShardGraph): void {
    this.#graph = graph;
    this.#recordings.apply(graph.recordings ?? [], graph.edges, records);
    for (const { endpointId, memory } of rings) {
      this.#rings.set(endpointId, memory);
      this.#legs.get(endpointId)?.tap(undefined);
    }
    for (const endpointId of this.#rings.keys())
      if (!graph.taps.some((tap) => tap.endpointId === endpointId)) this.#rings.delete(endpointId);
    this.#settle();
  }

  /** The next 20 ms of the call. */
  tick(now: Moment): void {
    for (const leg of this.#legs.values()) leg.listen(now);
    for (const leg of this.#legs.values()) leg.speak(now);
    this.#listenForSpeakers();
    this.#recordings.tick(this.#legs);
  }

  close(now: Moment): void {
    for (const leg of this.#legs.values()) leg.close(now);
    this.#legs.clear();
  }

  /** In a talk of two both hear who speaks. */
  #listenForSpeakers(): void {
    const speaking = this.#speakers.step(this.#mixed);
    if (speaking !== undefined) this.#spoke(speaking);
  }

  #settle(): void {
    const feeds = new Map([...this.#legs].map(([endpointId]) => [endpointId, this.#feedOf(endpointId)]));
    const mixed = new Set(
      [...feeds.values()].flatMap((feed) => (feed.type === 'mix' ? feed.from : [])).map(({ leg }) => leg),
    );
    this.#mixed = new Map([...this.#legs].filter(([, leg]) => mixed.has(leg)));
    for (const [endpointId, leg] of this.#legs) {
      if (this.#names(endpointId)) leg.name();
      leg.feed(feeds.get(endpointId) ?? { type: 'silence' });
      leg.play(this.#graph.plays.filter(({ to }) => to === endpointId));
      for (const { dtmfId, to, digits } of this.#graph.dtmf) if (to === endpointId) leg.sendDigits(dtmfId, digits);
      this.#settleTap(endpointId, leg);
      leg.record(this.#recordings.has(endpointId));
      this.#settleListeners(leg, feeds);
    }
  }

  /** One source is passed on packet by packet; several have to be mixed, which costs 60 ms of de-jitter. */
  #feedOf(endpointId: string): Feed {
    const from = this.#graph.edges.flatMap((edge) => {
      const leg = edge.to === endpointId ? this.#legs.get(edge.from) : undefined;
      return leg === undefined ? [] : [{ leg, gainDb: edge.gainDb ?? 0 }];
    });
    const [only, second] = from;
    if (only === undefined) return { type: 'silence' };
    return second === undefined ? { type: 'direct', from: only.leg, gainDb: only.gainDb } : { type: 'mix', from };
  }

  #settleListeners(leg: Leg, feeds: ReadonlyMap<string, Feed>): void {
    const listeners: { leg: Leg; gainDb: number }[] = [];
    let mixedIn = false;
    for (const [endpointId, feed] of feeds) {
      const listener = this.#legs.get(endpointId);
      if (feed.type === 'direct' && feed.from === leg && listener !== undefined)
        listeners.push({ leg: listener, gainDb: feed.gainDb });
      // A recorder wants frames of whom the recorded leg hears.
      if (feed.type === 'direct' && feed.from === leg) mixedIn ||= this.#recordings.has(endpointId);
      if (feed.type === 'mix') mixedIn ||= feed.from.some((each) => each.leg === leg);
    }
    leg.heardBy(listeners, mixedIn);
  }

  #settleTap(endpointId: string, leg: Leg): void {
    const memory = this.#rings.get(endpointId);
    if (memory === undefined) leg.tap(undefined);
    else if (!leg.tapped) leg.tap(new TapRingWriter(memory));
  }

  #names(endpointId: string): boolean {
    const { edges, plays, dtmf } = this.#graph;
    return (
      edges.some(({ from, to }) => from === endpointId || to === endpointId) ||
      plays.some(({ to }) => to === endpointId) ||
      dtmf.some(({ to }) => to === endpointId)
    );
  }
}
