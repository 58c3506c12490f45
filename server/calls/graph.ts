/** Who hears whom, as it follows from a call's state. The one place where hold, mute, music and taps are decided. */
import { type Graph, type Tone, toneUri } from '../../protocol/media.ts';
import { conferenceGraph } from './conference-graph.ts';
import { membersOf } from './conferenced.ts';
import { type Dialled, toneOf } from './dialled.ts';
import { type CallState, hasEnded, isOnHold, type Leg, silence } from './state.ts';
import type { Consult, Transfer } from './transferred.ts';

function canTalk(leg: Leg | null): leg is Leg {
  return leg !== null && leg.open && leg.signalling === 'confirmed';
}

/** The graph the media node is to bring about. Pure: the same state always gives the same graph. */
export function graphOf(state: CallState): Graph {
  if (hasEnded(state)) return silence;
  if (state.phase === 'dialling') return diallingGraph(state);
  const { transfer } = state;
  if (state.phase === 'talking' && transfer?.consult != null) return consultGraph(state, transfer, transfer.consult);
  if (state.phase === 'talking' && membersOf(state).length > 0) return conference(state, true);
  if (!state.caller.open) return silence;
  const { caller, other, playing } = state;
  const plays =
    playing === null
      ? []
      : [
          {
            playId: playing.playId,
            to: caller.legId,
            files: [...playing.files],
            loop: playing.loop,
            ...barging(state),
          },
        ];
  if (state.phase === 'talking' && transfer !== null) return transferGraph(state, transfer, plays);
  if (state.phase !== 'talking' || !canTalk(other)) return { ...silence, plays };
  const agent = state.offer !== null;
  return {
    plays,
    edges: isOnHold(state) ? [] : bridge(state, caller, other),
    // The recorder's rule holds for the ears too: who is muted or on hold is not listened to.
    taps: agent && !isOnHold(state) ? taps(state, caller, other) : [],
    dtmf: state.keypad.map((keys) => ({ dtmfId: keys.dtmfId, to: caller.legId, digits: keys.digits })),
  };
}

/** Whether the caller's keys end what is played: the media node does that by itself, when the key goes down. */
function barging({ phase, instruction }: CallState): { bargeIn?: true } {
  const asks = phase === 'in-plan' && (instruction?.type === 'menu' || instruction?.type === 'play');
  return asks && instruction.bargeIn ? { bargeIn: true } : {};
}

/** The ears hear the caller and the agent, as ever: a talk has these two sides in its transcript. */
function conference(state: CallState, withAgent: boolean): Graph {
  const { caller, other } = state;
  const both = withAgent && canTalk(caller) && canTalk(other) && state.offer !== null && !isOnHold(state);
  const keys = canTalk(caller) ? state.keypad : [];
  return {
    ...conferenceGraph(state, withAgent),
    taps: both ? taps(state, caller, other) : [],
    dtmf: keys.map(({ dtmfId, digits }) => ({ dtmfId, to: caller.legId, digits })),
  };
}

/** The caller hears music until the target rings, then ring-back, or what the target lets be heard; the agent nothing. */
function transferGraph({ caller }: CallState, transfer: Transfer, music: Graph['plays']): Graph {
  const { rung, early, heard, leg, country } = transfer;
  if (early && (heard || !rung)) return { ...silence, edges: [{ from: leg.legId, to: caller.legId, gainDb: 0 }] };
  if (!rung) return { ...silence, plays: music };
  const ringback = { playId: 'tone-ringback', to: caller.legId, files: [toneUri('ringback', country)], loop: true };
  return { ...silence, plays: [ringback] };
}

/**
 * The agent talks to the target or to the caller; whoever waits hears music, and neither hears the other. A desk phone
 * with a second line talks to both by its own hold keys. The ears hear the caller's talk only: a consultation is private.
 */
function consultGraph(state: CallState, transfer: Transfer, consult: Consult): Graph {
  const { caller, other } = state;
  const { leg } = transfer;
  const own = consult.phone ?? other;
  const talks = (mine: Leg | null, to: 'target' | 'caller'): mine is Leg =>
    canTalk(mine) && !state.held && !mine.heldByPeer && (consult.phone !== null || consult.with === to);
  const several = membersOf(state).length > 0;
  const toCaller = (caller.open || several) && talks(other, 'caller');
  const toTarget = consult.since !== null && canTalk(leg) && talks(own, 'target');
  const among = several ? conference(state, toCaller) : null;
  return {
    plays: [
      ...(among?.plays ?? (caller.open && !toCaller ? waits(state, caller) : [])),
      ...(consult.since !== null && leg.open && !toTarget ? waits(state, leg) : []),
      ...(consult.since === null ? progressTone(transfer, other, consult) : []),
    ],
    edges: [
      ...(among?.edges ?? (toCaller && other !== null ? bridge(state, caller, other) : [])),
      ...(toTarget && own !== null ? privately(state, own, leg, consult.muted) : []),
      ...(consult.since === null ? earlyEdge(transfer, own) : []),
    ],
    taps: among?.taps ?? (toCaller && other !== null ? taps(state, caller, other) : []),
    dtmf: state.keypad.map(({ dtmfId, digits }) => ({ dtmfId, to: toTarget ? leg.legId : caller.legId, digits })),
  };
}

function waits({ playing }: CallState, { legId }: Leg): Graph['plays'] {
  if (playing === null) return [];
  const { playId, files, loop } = playing;
  return [{ playId: `${playId}-${legId}`, to: legId, files: [...files], loop }];
}

function privately({ muted }: CallState, agent: Leg, target: Leg, targetMuted: boolean): Graph['edges'] {
  return [
    ...(muted ? [] : [{ from: agent.legId, to: target.legId, gainDb: 0 }]),
    ...(targetMuted || target.heldByPeer ? [] : [{ from: target.legId, to: agent.legId, gainDb: 0 }]),
  ];
}

/** A desk phone makes its own ring-back for its second line (RFC 3960 section 3.2); a page hears ours. */
function progressTone({ rung, early, heard, country }: Transfer, other: Leg | null, { phone, joins }: Consult) {
  // Whoever is being added is not waited for: agent and caller talk.
  if (joins === true || phone !== null || !canTalk(other) || !rung || (early && heard)) return [];
  return [{ playId: 'tone-ringback', to: other.legId, files: [toneUri('ringback', country)], loop: true }];
}

function earlyEdge({ rung, early, heard, leg, consult }: Transfer, own: Leg | null): Graph['edges'] {
  if (consult?.joins === true || own?.open !== true || !early || (rung && !heard)) return [];
  return [{ from: leg.legId, to: own.legId, gainDb: 0 }];
}

/** Before the answer the agent hears what the far side lets them hear, else our own tone; nobody hears the agent. */
function diallingGraph({ dial, caller, other }: CallState): Graph {
  if (dial === null || other === null || !other.open) return silence;
  const hears = other.signalling === 'confirmed' || dial.early;
  const early = dial.early && dial.stage === 'outside';
  const name = toneName(dial);
  const plays =
    hears && name !== null
      ? [{ playId: `tone-${name}`, to: other.legId, files: [toneUri(name, dial.country)], loop: true }]
      : [];
  return { ...silence, plays, edges: early ? [{ from: caller.legId, to: other.legId, gainDb: 0 }] : [] };
}

/** RFC 3960 section 3.2: our own ring-back once they ring, unless they let something be heard. */
function toneName({ stage, failure, rung, early, heard }: Dialled): Tone | null {
  if (failure !== null) return toneOf(failure.cause);
  return stage === 'outside' && rung && !(early && heard) ? 'ringback' : null;
}

function bridge(state: CallState, caller: Leg, other: Leg): Graph['edges'] {
  const toOther = { from: caller.legId, to: other.legId, gainDb: 0 };
  const toCaller = { from: other.legId, to: caller.legId, gainDb: 0 };
  // On any hold the edge drops the holder's audio (ARCHITECTURE 5): a phone on hold may go on sending music or noise.
  return [...(caller.heldByPeer ? [] : [toOther]), ...(state.muted || other.heldByPeer ? [] : [toCaller])];
}

function taps(state: CallState, caller: Leg, other: Leg): Graph['taps'] {
  const language = state.language;
  return [
    ...(caller.heldByPeer ? [] : [{ endpointId: caller.legId, language }]),
    ...(state.muted ? [] : [{ endpointId: other.legId, language }]),
  ];
}
