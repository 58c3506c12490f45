/** Who hears whom when more than two talk: everybody hears everybody else, and nobody themselves. */
import type { Graph } from '../../protocol/media.ts';
import { membersOf } from './conferenced.ts';
import type { CallState, Leg } from './state.ts';

interface Party {
  readonly leg: Leg;
  /** Somebody on hold, or muted, is heard by nobody. */
  readonly heard: boolean;
  readonly gainDb: number;
}

function isThere(leg: Leg | null): leg is Leg {
  return leg !== null && leg.open && leg.signalling === 'confirmed';
}

/** An agent who holds, or who talks to somebody else, is out of the conference; the others go on. */
function partiesOf(state: CallState, withAgent: boolean): readonly Party[] {
  const { caller, other, offer, held, muted } = state;
  const holds = offer !== null && (held || other?.heldByPeer === true);
  return [
    ...(isThere(caller) ? [{ leg: caller, heard: !caller.heldByPeer, gainDb: 0 }] : []),
    ...(isThere(other) && withAgent && !holds ? [{ leg: other, heard: !muted && !other.heldByPeer, gainDb: 0 }] : []),
    ...membersOf(state).flatMap(({ leg, muted: silent, gainDb }) =>
      isThere(leg) ? [{ leg, heard: !silent && !leg.heldByPeer, gainDb }] : [],
    ),
  ];
}

/** Edges between all who are there; music for one who is left alone with nobody to hear. */
export function conferenceGraph(state: CallState, withAgent: boolean): Pick<Graph, 'edges' | 'plays'> {
  const parties = partiesOf(state, withAgent);
  const edges = parties
    .filter(({ heard }) => heard)
    .flatMap(({ leg: from, gainDb }) =>
      parties.flatMap(({ leg: to }) => (to === from ? [] : [{ from: from.legId, to: to.legId, gainDb }])),
    );
  const [alone, another] = parties;
  const { playing, other } = state;
  const waits = alone !== undefined && another === undefined && alone.leg !== other && playing !== null;
  if (!waits) return { edges, plays: [] };
  const { playId, files, loop } = playing;
  const { legId } = alone.leg;
  return { edges, plays: [{ playId: `${playId}-${legId}`, to: legId, files: [...files], loop }] };
}
