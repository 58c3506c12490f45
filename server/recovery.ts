/**
 * Coming back after a restart. Effects are not replayed: the last snapshot of every open call is taken up, engine and
 * media node are asked what they still hold, and the differences go into the same mailboxes as everything else.
 */
import type { Logger } from '../base/logger.ts';
import type { MediaResult } from '../protocol/media.ts';
import {
  callOfLeg,
  type Calls,
  type CallState,
  hasEnded,
  type Leg,
  legsOf as legsOfCall,
  type OlderTransfer,
  upcastTransfer,
} from './calls/index.ts';
import type { Ledger, StoredSnapshot } from './ledger/index.ts';
import type { MediaClient } from './media-client.ts';
import { type RoutingState, routingOf, Table, wholeId } from './routing/index.ts';
import { routingKind } from './floor.ts';
import type { Binding, StoredDialog } from './sip/index.ts';
import type { Store } from './store/index.ts';

/** What was kept of the server before this one. */
export interface Kept {
  readonly calls: readonly CallState[];
  readonly routing: RoutingState;
  /** Routing is in the one snapshot of an earlier release. */
  readonly wholeRouting: boolean;
  readonly dialogs: readonly { readonly legId: string; readonly dialog: StoredDialog }[];
  readonly bindings: readonly Binding[];
}

/** Snapshots are written by this program alone and sealed by the ledger; the version says how to read them. */
function stateOf<T>(snapshot: StoredSnapshot): T {
  if (snapshot.version !== 1)
    throw new Error(`a ${snapshot.kind} snapshot of version ${snapshot.version} is not known`);
  return snapshot.state as T;
}

/** A call as an earlier release may have kept it. */
type Later =
  'replacing' | 'dial' | 'ringing' | 'transfer' | 'transferFailure' | 'transferredBy' | 'referral' | 'parted';
type OlderCall = Omit<CallState, Later> &
  Partial<Omit<Pick<CallState, Later>, 'transfer'>> & { readonly transfer?: OlderTransfer | null };

function upcast(call: OlderCall): CallState {
  const { dial = null, transfer = null, transferFailure = null, transferredBy = null, referral = null } = call;
  const { parted = [], ringing = [], replacing = null } = call;
  const later = { dial, replacing, ringing, transferFailure, transferredBy, referral, parted };
  return { ...call, ...later, transfer: transfer === null ? null : upcastTransfer(transfer) };
}

/** Reads the snapshots and the stored legs. */
export function readKept(ledger: Ledger, store: Store): Kept {
  const routing = ledger.snapshots(routingKind).map((each) => ({ id: each.id, state: stateOf<object>(each) }));
  return {
    calls: ledger.snapshots('call').map((snapshot) => upcast(stateOf<OlderCall>(snapshot))),
    routing: unregistered(routingOf(routing)),
    wholeRouting: routing.some(({ id }) => id === wholeId),
    dialogs: store.legs.all().map(({ id, state }) => ({ legId: id, dialog: state as unknown as StoredDialog })),
    bindings: ledger
      .snapshots('registration')
      .flatMap((snapshot) => stateOf<{ bindings: Partial<Binding>[] }>(snapshot).bindings)
      // Before devices had ids there were browsers only: they register again within two minutes.
      .map((binding) => ({ refreshedAt: 0, ...binding }))
      .filter((binding): binding is Binding => binding.id !== undefined),
  };
}

/** Who is registered is learnt from the bindings that are still good. */
function unregistered(state: RoutingState): RoutingState {
  const agents = state.agents.values().map((agent) => [agent.id, { ...agent, registered: false }] as const);
  return { ...state, agents: Table.of(Object.fromEntries(agents)) };
}

function legsOf(call: CallState): readonly Leg[] {
  return hasEnded(call) ? [] : legsOfCall(call);
}

/**
 * Tells each call what became of its legs: those without a dialog (the engine answered or cancelled them) are gone; a
 * caller whose answer was under way has got it; another party who answered into the death is sent home with `bye` and
 * asked anew. Dialogs the engine lost are told by the SIP side.
 */
export function tellDialogs(
  calls: Calls,
  dialogs: ReadonlyMap<string, StoredDialog>,
  bye: (legId: string) => void,
): void {
  // The dialog of a leg that its call has done with: its BYE was still to be sent.
  const wanted = new Set(calls.all().flatMap((call) => legsOf(call).map((leg) => leg.legId)));
  for (const legId of dialogs.keys()) if (!wanted.has(legId)) bye(legId);
  for (const call of calls.all())
    for (const leg of legsOf(call)) {
      if (call.phase === 'dialling') tellDialled(calls, call, leg, dialogs.get(leg.legId));
      else tellDialog(calls, call, leg, dialogs.has(leg.legId), bye);
    }
}

function tellDialog(calls: Calls, call: CallState, leg: Leg, there: boolean, bye: (legId: string) => void): void {
  const { callId, caller } = call;
  const { legId } = leg;
  // The caller has hung up while the agent was consulting somebody, who is still there.
  if (leg.signalling === 'ended') return;
  if (legId === caller.legId) {
    if (!there) calls.post(callId, { type: 'leg-ended', legId, cause: 'signalling-lost' });
    else if (leg.signalling === 'answering') calls.post(callId, { type: 'leg-confirmed', legId });
    return;
  }
  if (there && leg.signalling === 'confirmed') return;
  if (there) bye(legId);
  calls.post(callId, { type: 'leg-failed', legId, status: 503, reason: 'the server restarted' });
}

/**
 * A call that an agent was making: who answered meanwhile is taken as answering now, a call that was still ringing has
 * failed, and without the agent there is no call.
 */
function tellDialled(calls: Calls, call: CallState, leg: Leg, dialog: StoredDialog | undefined): void {
  const { callId, caller, dial } = call;
  const { legId, signalling } = leg;
  const party = legId === caller.legId;
  if (signalling === 'ended' || (party && signalling === 'new' && dial?.stage === 'agent')) return;
  if (dialog === undefined) {
    if (party) calls.post(callId, { type: 'leg-failed', legId, status: 503, reason: 'the server restarted' });
    else calls.post(callId, { type: 'leg-ended', legId, cause: 'signalling-lost' });
    return;
  }
  const { sdp } = dialog.remote;
  if (signalling === 'inviting' || signalling === 'ringing') calls.post(callId, { type: 'leg-answered', legId, sdp });
  if (signalling !== 'answering') return;
  // The media node may not have been told any more of the answer; it takes the same one twice.
  const known = dialog.type === 'uas' || (party && dial?.lateOffer === true);
  calls.post(callId, known ? { type: 'leg-confirmed', legId } : { type: 'leg-acknowledged', legId, sdp });
}

/** How the media node came (back): as another start of itself, and since when it was away (ms since the epoch). */
export interface NodeReturn {
  readonly newBoot: boolean;
  readonly since: number | undefined;
}

/**
 * Compares the media node's inventory with the calls: endpoints that are gone are told, endpoints nobody wants are
 * closed, and every graph is asked for again (an older revision is ignored there).
 */
export async function reconcileMedia(
  calls: Calls,
  media: MediaClient,
  { newBoot, since }: NodeReturn,
  logger: Logger,
): Promise<void> {
  const answer = await media.call('inventory', {});
  if (!answer.ok) return logger.warn({ code: answer.error.code }, 'the media node gave no inventory');
  tellLostEndpoints(calls, answer.value, { newBoot, since });
  for (const { endpointId, callId } of answer.value.endpoints) {
    const call = calls.get(callId);
    const copies = [call?.fork?.caller, call?.fork?.other];
    const wanted =
      call !== undefined && (legsOf(call).some((leg) => leg.legId === endpointId) || copies.includes(endpointId));
    if (wanted) continue;
    logger.info({ callId: callOfLeg(endpointId), endpointId }, 'an endpoint without a call is closed');
    await media.call('close', { endpointId });
  }
  for (const { callId, revision, graph } of calls.all().filter((call) => !hasEnded(call) && call.revision > 0))
    await media.call('apply', { callId, revision, graph });
}

/** Who waits with music misses less than two who talk to each other: these are moved first. */
export function talkersFirst<C extends Pick<CallState, 'phase'>>(calls: readonly C[]): readonly C[] {
  return [...calls].sort((one, other) => Number(other.phase === 'talking') - Number(one.phase === 'talking'));
}

function tellLostEndpoints(calls: Calls, inventory: MediaResult<'inventory'>, { newBoot, since }: NodeReturn): void {
  const held = new Set(inventory.endpoints.map((endpoint) => endpoint.endpointId));
  const told = since === undefined ? {} : { since };
  for (const call of talkersFirst(calls.all())) {
    // A server that has just started remembers by its calls which start of the node they were on.
    const died = call.mediaSeen === null ? newBoot : call.mediaSeen.bootId !== inventory.bootId;
    const cause = died ? 'node-died' : 'endpoint-gone';
    for (const { legId, open } of legsOf(call))
      if (open && !held.has(legId)) calls.post(call.callId, { type: 'endpoint-lost', legId, cause, ...told });
  }
}
