import { describe, expect, it, vi } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import type { DeskQueue } from '../protocol/desk.ts';
import {
  admit,
  admitDialled,
  type CallEvent,
  type CallPorts,
  Calls,
  type CallState,
  type Dialling,
  transition,
} from './calls/index.ts';
import { Floor, type FloorOptions } from './floor.ts';
import type { Snapshot } from './ledger/index.ts';
import { talkersFirst, tellDialogs } from './recovery.ts';
import { type Agent, emptyRouting, type RoutingState, Table } from './routing/index.ts';
import type { StoredDialog } from './sip/index.ts';

const page = { deviceId: 'page', kind: 'webrtc', name: null } as const;
const callId = '01CALL';
const callerLeg = '01CALL.c';
const agentLeg = '01CALL.a1';
const offerId = '01CALL.q1.1';

const move = (turn: number, instruction: object): CallEvent =>
  ({
    type: 'plan-moved',
    move: { type: 'move', position: { version: 'v', turn }, instruction, facts: [] },
  }) as CallEvent;
const opened = (legId: string): CallEvent => ({
  type: 'endpoint-opened',
  legId,
  localSdp: 'sdp',
  remoteDirection: 'sendrecv',
  token: null,
});
const menu = { type: 'menu', files: ['welcome.wav'], bargeIn: true, timeoutMs: 5000 };
const queue = {
  type: 'queue',
  queueId: 'support',
  requirements: [],
  requiredLanguage: null,
  priority: 5,
  language: 'en-US',
  holdMusic: [],
  announcement: null,
  maxWaitMs: 0,
};

it('moves those who talk to each other before those who wait', () => {
  const calls = [{ phase: 'in-plan' }, { phase: 'talking' }, { phase: 'dialling' }, { phase: 'talking' }] as const;
  expect(talkersFirst(calls).map((call) => calls.findIndex((each) => each === call))).toEqual([1, 3, 0, 2]);
});

/** The way of a call, one event after the other; a snapshot may be taken after each. */
const way: readonly (readonly [string, CallEvent | null])[] = [
  ['invited', null],
  ['planned', move(1, menu)],
  ['answering', opened(callerLeg)],
  ['in the menu', { type: 'leg-confirmed', legId: callerLeg }],
  ['queued', move(2, queue)],
  ['offered', { type: 'offered', offerId, agentId: 'alice', until: 99, devices: [page] }],
  ['inviting', opened(agentLeg)],
  ['ringing', { type: 'leg-ringing', legId: agentLeg }],
  ['answered', { type: 'leg-answered', legId: agentLeg, sdp: 'answer' }],
  ['talking', { type: 'endpoint-answered', legId: agentLeg }],
  ['wrapping up', { type: 'leg-ended', legId: callerLeg, cause: 'hangup' }],
];

function snapshotOf(stage: string): CallState {
  let { state } = admit({ callId, from: '+861', to: '+862', transport: 'udp', longestMs: 60_000 }, 0);
  for (const [name, event] of way) {
    if (event !== null) state = transition(state, event, 1).state;
    if (name === stage) return state;
  }
  throw new Error(`no stage ${stage}`);
}

/** Calls whose world does nothing. */
function callsWith(
  state: CallState,
  answers: string[] = [],
  changed: (state: CallState) => void = () => undefined,
): Calls {
  const nothing = (): undefined => undefined;
  const never = (): Promise<never> => new Promise(() => undefined);
  const ports: CallPorts = {
    media: {
      ...{ open: never, apply: never, close: never, closeCall: never },
      restartIce: never,
      refreshPicture: never,
      answer: (legId) => (answers.push(legId), never()),
    },
    sip: {
      answer: nothing,
      progress: nothing,
      acknowledge: nothing,
      reject: nothing,
      invite: nothing,
      cancel: nothing,
      bye: nothing,
      answerRefer: () => undefined,
      notifyRefer: () => undefined,
      reinvite: nothing,
      answerReinvite: nothing,
      tellVideo: nothing,
      wantPicture: nothing,
    },
    plan: { begin: () => ({ type: 'no-route' }), advance: () => ({ type: 'plan-gone' }) },
    routing: {
      queueTicket: nothing,
      withdrawTicket: nothing,
      offerAnswered: nothing,
      offerFailed: nothing,
      recall: () => undefined,
      find: () => undefined,
      dialConnected: nothing,
      callEnded: nothing,
    },
    ledger: { append: () => Promise.resolve() },
    clock: new SimulatedClock(10),
    logger: silentLogger,
  };
  const calls = new Calls(ports, { changed, retired: nothing });
  calls.restore(state);
  return calls;
}

/** Dialogs as they are kept; those of `.c` legs came in. */
function kept(legIds: readonly string[]): Map<string, StoredDialog> {
  const dialog = (legId: string): StoredDialog => ({
    id: legId,
    type: legId.endsWith('.c') ? 'uas' : 'uac',
    sip: { callId: legId, localTag: 'l', remoteTag: 'r' },
    local: { uri: 'sip:us@here', sdp: 'ours' },
    remote: { uri: 'sip:them@there', sdp: 'theirs' },
  });
  return new Map(legIds.map((legId) => [legId, dialog(legId)]));
}

/** The snapshot, the dialogs that were kept -> the phase (and whether an agent is rung or talked to), who gets a BYE. */
const table: readonly (readonly [string, readonly string[], string, readonly string[]])[] = [
  ['invited', [], 'over', []],
  ['answering', [], 'over', []],
  ['answering', [callerLeg], 'in-plan', []],
  ['in the menu', [callerLeg], 'in-plan', []],
  ['in the menu', [], 'over', []],
  ['queued', [callerLeg], 'queued', []],
  ['queued', [callerLeg, agentLeg], 'queued', [agentLeg]],
  ['offered', [callerLeg], 'queued', []],
  ['inviting', [callerLeg], 'queued', []],
  ['ringing', [callerLeg], 'queued', []],
  ['ringing', [callerLeg, agentLeg], 'queued', [agentLeg]],
  ['answered', [callerLeg], 'queued', []],
  ['answered', [callerLeg, agentLeg], 'queued', [agentLeg]],
  ['ringing', [], 'over with alice', []],
  ['talking', [callerLeg, agentLeg], 'talking with alice', []],
  ['talking', [agentLeg], 'wrap-up with alice', []],
  ['talking', [callerLeg], 'wrap-up with alice', []],
  ['wrapping up', [], 'wrap-up with alice', []],
  ['wrapping up', [agentLeg], 'wrap-up with alice', [agentLeg]],
];

const partyLeg = '01CALL.x1';
const dialling: Dialling = {
  ...{ callId, agentId: 'alice', to: '+861', from: '', by: 'alice', queueId: null, language: 'en-US', country: 'CN' },
  ...{
    way: 'invited',
    deviceId: 'd1',
    kind: 'webrtc',
    auto: true,
    lateOffer: false,
    wrapUpUnanswered: false,
    holdMusic: [],
  },
  ...{ agentRingMs: 1000, ringMs: 60_000, longestMs: 600_000 },
};
/** The way of a call that an agent makes. */
const dialledWay: readonly (readonly [string, CallEvent | null])[] = [
  ['dialled', null],
  ['inviting the agent', opened(agentLeg)],
  ['agent answered', { type: 'leg-answered', legId: agentLeg, sdp: 'theirs' }],
  ['opening', { type: 'endpoint-answered', legId: agentLeg }],
  ['calling', opened(partyLeg)],
  ['party ringing', { type: 'leg-progress', legId: partyLeg, status: 180, sdp: '' }],
  ['party answered', { type: 'leg-answered', legId: partyLeg, sdp: 'theirs' }],
  ['talking', { type: 'endpoint-answered', legId: partyLeg }],
];

function dialledSnapshot(stage: string): CallState {
  let { state } = admitDialled(dialling, 0);
  for (const [name, event] of dialledWay) {
    if (event !== null) state = transition(state, event, 1).state;
    if (name === stage) return state;
  }
  throw new Error(`no stage ${stage}`);
}

/** The snapshot, the dialogs that were kept -> how the call stands, and what is asked of media node at once. */
const dialledTable: readonly (readonly [string, readonly string[], string, string])[] = [
  ['dialled', [], 'over signalling-lost', ''],
  ['inviting the agent', [], 'over signalling-lost', ''],
  ['inviting the agent', [agentLeg], 'dialling agent', agentLeg],
  ['agent answered', [agentLeg], 'dialling agent', agentLeg],
  ['opening', [agentLeg], 'dialling failed', ''],
  ['calling', [agentLeg], 'dialling failed', ''],
  ['party ringing', [agentLeg], 'dialling failed', ''],
  ['party ringing', [agentLeg, partyLeg], 'dialling outside', partyLeg],
  ['party answered', [agentLeg, partyLeg], 'dialling outside', partyLeg],
  ['party answered', [partyLeg], 'over signalling-lost', ''],
  ['talking', [agentLeg, partyLeg], 'talking connected', ''],
];

describe('a call that an agent was making, whose kept dialogs are', () => {
  it.each(dialledTable)('%s, %j: goes on as %s', async (stage, dialogs, stands, asked) => {
    const answers: string[] = [];
    let last: CallState | undefined;
    const calls = callsWith(dialledSnapshot(stage), answers, (state) => (last = state));
    tellDialogs(calls, kept(dialogs), () => undefined);
    const state = calls.get(callId) ?? last;
    expect(`${state?.phase} ${state?.end?.cause ?? state?.dial?.stage}`).toBe(stands);
    await vi.waitFor(() => expect(answers).toEqual(asked === '' ? [] : [asked]));
  });
});

describe('a call whose snapshot says, and whose kept dialogs are', () => {
  it.each(table)('%s, %j: goes on as %s, with BYE to %j', (stage, dialogs, phase, byes) => {
    const calls = callsWith(snapshotOf(stage));
    const said: string[] = [];
    tellDialogs(calls, kept(dialogs), (legId) => said.push(legId));
    const after = calls.get(callId);
    const agent = after?.offer === null || after?.offer === undefined ? '' : ` with ${after.offer.agentId}`;
    expect(`${after?.phase ?? 'gone'}${agent}`).toBe(phase);
    expect(said).toEqual(byes);
  });
});

const alice: Agent = {
  id: 'alice',
  name: 'Alice',
  skills: {},
  queues: ['support'],
  languages: [],
  presence: { type: 'available' },
  pending: null,
  activity: { type: 'idle' },
  since: 0,
  idleSince: 0,
  holdOffUntil: null,
  registered: false,
  removed: false,
};

function floorWith(state: CallState, agent: Partial<Agent>, wrapUpMs: number, wholeIsKept = false) {
  const routing: RoutingState = {
    ...emptyRouting,
    agents: Table.of({ alice: { ...alice, ...agent } }),
    queues: { support: { id: 'support', ringMs: 1000, wrapUpMs, owner: 'n', epoch: 1 } },
  };
  const calls = callsWith(state);
  const clock = new SimulatedClock(10);
  const told: number[] = [];
  const queuesChanged = (queues: DeskQueue[]) => void told.push(queues[0]?.waiting ?? -1);
  const desks = { agentChanged: () => undefined, queuesChanged };
  const written: Snapshot[] = [];
  const rows = {
    put: (_row: object, snapshots: readonly Snapshot[] = []) => void written.push(...snapshots),
    snapshotOnly: (snapshots: readonly Snapshot[]) => void written.push(...snapshots),
  };
  const floor = new Floor(
    {
      ...{ clock, node: 'n', epoch: 1 },
      plan: () => undefined,
      calls: () => calls,
      devicesOf: () => [page],
      pagesOf: () => [page],
      // What the floor asks of them here; the whole of them is not needed.
      recall: () => undefined,
      desks: () => desks as unknown as ReturnType<FloorOptions['desks']>,
      rows: rows as unknown as FloorOptions['rows'],
    },
    routing,
    wholeIsKept,
  );
  return { floor, calls, written, told, clock };
}

describe('the floor after a restart', () => {
  it('rings nobody before it is complete', () => {
    const { floor } = floorWith(snapshotOf('queued'), {}, 1000);
    const asked = { queueId: 'support', requirements: [], requiredLanguage: null, priority: 5, maxWaitMs: 0 };
    floor.queueTicket({ ticketId: `${callId}.q1`, callId, ...asked });
    floor.setRegistered('alice', true);
    expect(floor.agent('alice')?.activity.type).toBe('idle');
    floor.recover();
    expect(floor.agent('alice')?.activity.type).toBe('offered');
  });

  it('knows again who talks, and in which queue’s wrap-up they will be', () => {
    const { floor } = floorWith(snapshotOf('talking'), {}, 1000);
    floor.recover();
    expect(floor.agent('alice')?.activity).toEqual({ type: 'talking', callId, queueId: 'support', offerId });
    floor.callEnded('alice', callId);
    expect(floor.agent('alice')?.activity.type).toBe('wrap-up');
  });

  it('ends the wrap-up of a call whose agent is in none', () => {
    const { floor, calls } = floorWith(snapshotOf('wrapping up'), {}, 1000);
    floor.recover();
    expect(calls.get(callId)?.phase ?? 'over').toBe('over');
  });

  it('leaves a call and its agent in wrap-up', () => {
    const activity = { type: 'wrap-up', callId, queueId: 'support', until: 99 } as const;
    const { floor, calls } = floorWith(snapshotOf('wrapping up'), { activity }, 1000);
    floor.recover();
    expect(calls.get(callId)?.phase).toBe('wrap-up');
    expect(floor.agent('alice')?.activity.type).toBe('wrap-up');
  });
});

describe('desks', () => {
  it('are told of a queue at once, and of a hundred changes in a moment once more', () => {
    const { floor, told, clock } = floorWith(snapshotOf('wrapping up'), {}, 1000);
    floor.recover();
    clock.advance(1000);
    const asked = { queueId: 'support', requirements: [], requiredLanguage: null, priority: 5, maxWaitMs: 0 };
    told.length = 0;
    for (let at = 0; at < 100; at++)
      floor.queueTicket({ ticketId: `t${String(at)}`, callId: `c${String(at)}`, ...asked });
    expect(told).toEqual([1]);
    clock.advance(100);
    expect(told).toEqual([1, 100]);
    clock.advance(10_000);
    expect(told).toEqual([1, 100]);
    floor.close();
  });
});

describe('routing in the ledger', () => {
  const registered = { kind: 'routing', id: 'agent/alice', version: 1, state: { registered: true } };

  it('is written one agent at a time', () => {
    const { floor, written } = floorWith(snapshotOf('wrapping up'), {}, 1000);
    floor.recover();
    written.length = 0;
    floor.setRegistered('alice', true);
    expect(written).toMatchObject([registered]);
  });

  it('is taken apart where an earlier release kept it whole', () => {
    const { floor, written } = floorWith(snapshotOf('wrapping up'), {}, 1000, true);
    floor.recover();
    floor.setRegistered('alice', true);
    expect(written).toMatchObject([{ ...registered, id: 'state', state: null }, registered, { id: 'queues' }]);
  });
});

describe('a queue without wrap-up', () => {
  it('ends the call’s wrap-up together with the talk', () => {
    const { floor, calls } = floorWith(snapshotOf('wrapping up'), {}, 0);
    floor.callEnded('alice', callId);
    expect(calls.get(callId)?.phase ?? 'over').toBe('over');
  });
});
