import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import {
  agentLeg,
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  dialled,
  failed,
  gone,
  opened,
  outcomes,
  outside,
  progress,
  rowsOf,
  run,
  second,
  taken,
  toTalk,
  wrappedUp,
} from './transferring.test-support.ts';

const number = { type: 'outside', to: '+862112345678' } as const;
const hangUp: CallEvent = { type: 'hang-up-asked', cause: 'agent-hangup' };
const swapped: CallEvent = { type: 'consult-swapped', agentId: 'alice' };
const completed: CallEvent = { type: 'consult-completed', agentId: 'alice' };
const cancelled: CallEvent = { type: 'transfer-cancelled', agentId: 'alice' };
const toRung = [...toTalk, asked(number, { consult: true }), opened(outside), progress(outside, 180)] as const;
const toConsult = [...toRung, answered(outside), taken(outside)] as const;
const music = (to: string) => expect.objectContaining({ to, files: ['music.wav'] }) as unknown;
const held = (legId: string, direction: 'sendonly' | 'sendrecv'): CallEvent => ({
  ...{ type: 'endpoint-opened', legId, localSdp: 'sdp', remoteDirection: direction, token: 4 },
});

describe('a consultation', () => {
  it('lets the agent hear ring-back, or the target itself, while the caller hears music', () => {
    const { graph } = run(toRung).state;
    expect(graph.edges).toEqual([]);
    expect(graph.plays).toEqual([
      music(callerLeg),
      expect.objectContaining({ to: agentLeg, files: ['tone:ringback/CN'] }),
    ]);
    const early = [...toRung, progress(outside, 183, 'sdp'), taken(outside)];
    const heard = run([...early, { type: 'endpoint-heard', legId: outside }]).state.graph;
    expect(heard).toMatchObject({ edges: [{ from: outside, to: agentLeg }], plays: [{ to: callerLeg }] });
  });

  it('joins agent and target when they answer, unheard by the caller and by the ears', () => {
    const { state, effects } = run(toConsult);
    expect(state.graph.edges).toEqual([
      { from: agentLeg, to: outside, gainDb: 0 },
      { from: outside, to: agentLeg, gainDb: 0 },
    ]);
    expect(state.graph).toMatchObject({ taps: [], plays: [music(callerLeg)] });
    expect(state.timers.ring).toBeUndefined();
    expect(rowsOf(effects).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['consult-asked', 'transfer-ringing', 'consult-connected']),
    );
    expect(outcomes(effects)).toEqual([]);
  });

  it('changes between target and caller, and back', () => {
    const once = run([...toConsult, swapped]).state;
    expect(once.graph.edges.map(({ from }) => from)).toEqual([callerLeg, agentLeg]);
    expect(once.graph.taps).toHaveLength(2);
    expect(once.graph.plays).toEqual([music(outside)]);
    const twice = run([...toConsult, swapped, swapped]).state;
    expect(twice.graph.edges.map(({ from }) => from)).toEqual([agentLeg, outside]);
    expect(run([...toRung, swapped]).state).toEqual(run(toRung).state);
  });

  it.each([
    ['with the target', [], outside],
    ['with the caller', [swapped], callerLeg],
  ])('sends digits to whom the agent talks: %s', (_name, events, to) => {
    const { graph } = run([...toConsult, ...events, { type: 'keyed', agentId: 'alice', digits: '12' }]).state;
    expect(graph.dtmf).toMatchObject([{ to, digits: '12' }]);
  });

  it('lets both wait while the agent holds, by button or by the hold key of their phone', () => {
    for (const hold of [{ type: 'held', agentId: 'alice' } as const, held(agentLeg, 'sendonly')]) {
      const { graph } = run([...toConsult, hold]).state;
      expect(graph).toMatchObject({ edges: [], plays: [music(callerLeg), music(outside)] });
    }
    const back = run([...toConsult, held(agentLeg, 'sendonly'), held(agentLeg, 'sendrecv')]).state;
    expect(back.graph).toEqual(run(toConsult).state.graph);
  });

  it.each([
    ['at the desk', completed],
    ['by hanging up', hangUp],
    ['by the end of their leg', gone(agentLeg)],
  ])('ends with caller and target talking when the agent is done: %s', (_name, event) => {
    const { state, effects } = run([...toConsult, event]);
    expect(state).toMatchObject({ phase: 'talking', offer: null, transfer: null, other: { legId: outside } });
    expect(state.graph.edges.map(({ from }) => from)).toEqual([callerLeg, outside]);
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    expect(outcomes(effects)).toEqual(['connected']);
    const row = rowsOf(effects).find(({ type }) => type === 'call-transferred');
    expect(row?.facts).toMatchObject({ type: 'attended', by: 'alice', ringMs: 4, consultedMs: 1 });
  });

  it('goes on as a blind transfer when the agent does not wait for the answer', () => {
    for (const event of [completed, hangUp]) {
      const { state, effects } = run([...toRung, event]);
      expect(state).toMatchObject({ other: null, parted: [{}], transfer: { consult: null } });
      expect(state.graph.plays).toMatchObject([{ to: callerLeg, files: ['tone:ringback/CN'] }]);
      expect(effects).toContainEqual({ type: 'end-leg', legId: agentLeg, cause: 'transferred' });
    }
  });

  it.each([
    ['busy', toRung, failed(outside, 486), 'busy'],
    ['no answer', toRung, { type: 'timer', timer: 'ring' } as const, 'no-answer'],
    ['hung up', toConsult, gone(outside), 'left'],
    ['lost', toConsult, { type: 'endpoint-lost', legId: outside, cause: 'rtp-timeout' } as const, 'unreachable'],
  ])('brings the agent back to the caller, and says why: %s', (_name, before, event, cause) => {
    const { state, effects } = run([...before, event]);
    expect(state).toMatchObject({ transfer: null, held: false, transferFailure: { cause } });
    expect(state.graph.edges.map(({ from }) => from)).toEqual([callerLeg, agentLeg]);
    expect(outcomes(effects)).toEqual([cause]);
  });

  it('can be called off at any moment', () => {
    for (const before of [toRung, toConsult, [...toConsult, swapped]]) {
      const { state, effects } = run([...before, cancelled]);
      expect(state).toMatchObject({ transfer: null, transferFailure: null, other: { legId: agentLeg } });
      expect(state.graph.edges).toHaveLength(2);
      expect(effects).toContainEqual({ type: 'close-endpoint', legId: outside });
    }
  });

  it('outlives the caller until agent or target hang up', () => {
    const alone = run([...toConsult, swapped, gone(callerLeg)]);
    expect(alone.state).toMatchObject({ phase: 'talking', transfer: { consult: { callerLeft: true } } });
    expect(alone.state.graph.edges.map(({ from }) => from)).toEqual([agentLeg, outside]);
    expect(run([...toConsult, gone(callerLeg), swapped]).state.graph).toEqual(
      run([...toConsult, gone(callerLeg)]).state.graph,
    );
    for (const event of [hangUp, completed, cancelled, gone(outside), gone(agentLeg)]) {
      const { state, effects } = run([...toConsult, gone(callerLeg), event]);
      expect(state).toMatchObject({ phase: 'wrap-up', end: { cause: 'caller-hangup' } });
      expect(effects.filter((each) => each.type === 'end-leg' && each.legId === callerLeg)).toEqual([]);
    }
    // Nobody has answered yet: there is nothing to go on with.
    expect(run([...toRung, gone(callerLeg)]).state.phase).toBe('wrap-up');
  });
});

describe('a consultation with a colleague', () => {
  const page = { deviceId: 'd', kind: 'webrtc', name: null } as const;
  const desk = { deviceId: 'e', kind: 'sip', name: 'desk' } as const;
  const everywhere = { ...bob, devices: [page, desk] };
  const other = '01CALL.a3';
  const toRing = [...toTalk, asked(everywhere, { consult: true }), opened(colleague), opened(other)];
  const toAnswered = [...toRing, answered(other), taken(other)];

  it('rings all their devices, and the others fall silent when one answers', () => {
    const { effects } = run(toRing);
    expect(effects.flatMap((each) => (each.type === 'invite-leg' ? [each.destination] : []))).toMatchObject([
      ...[{ deviceId: 'd' }, { deviceId: 'd' }, { deviceId: 'e' }],
    ]);
    const talking = run(toAnswered);
    expect(talking.effects).toContainEqual({ type: 'cancel-leg', legId: colleague, answeredElsewhere: true });
    expect(talking.effects).toContainEqual({ type: 'dial-connected', agentId: 'bob' });
    expect(talking.state.transfer).toMatchObject({ others: [], leg: { legId: other } });
    // The 200 of the other one had crossed our CANCEL.
    expect(run([...toAnswered, answered(colleague)]).effects.at(-1)).toMatchObject({
      type: 'end-leg',
      legId: colleague,
    });
  });

  it('fails with the last of their devices, or when one speaks for all', () => {
    expect(run([...toRing, failed(colleague, 486)]).state.transfer).toMatchObject({
      others: [],
      leg: { legId: other },
    });
    for (const events of [[failed(colleague, 486), failed(other, 480)], [failed(other, 603)]]) {
      const { state, effects } = run([...toRing, ...events]);
      expect(state.transfer).toBeNull();
      expect(effects).toContainEqual({ type: 'free-agent', agentId: 'bob', wrapUp: false });
    }
  });

  it('is over for them without a wrap-up when the agent takes the caller back, or they hang up', () => {
    for (const event of [cancelled, { type: 'consult-left', agentId: 'bob' } as const]) {
      const { state, effects } = run([...toAnswered, event]);
      expect(effects).toContainEqual({ type: 'free-agent', agentId: 'bob', wrapUp: false });
      expect(effects).toContainEqual(expect.objectContaining({ type: 'end-leg', legId: other }));
      expect(state.graph.edges).toHaveLength(2);
    }
  });

  it('lets them be silent, and gives them the caller when it is completed', () => {
    const silent = run([...toAnswered, { type: 'muted', agentId: 'bob', muted: true }]).state;
    expect(silent.graph.edges).toEqual([{ from: agentLeg, to: other, gainDb: 0 }]);
    const { state, effects } = run([...toAnswered, completed, wrappedUp('alice')]);
    expect(state).toMatchObject({ offer: { agentId: 'bob', offerId: 'b1' }, other: { legId: other }, parted: [] });
    expect(state.graph.taps).toHaveLength(2);
    expect(outcomes(effects)).toEqual(['connected']);
  });
});

describe('the second line of a desk phone', () => {
  const toLine = [...toTalk, held(agentLeg, 'sendonly'), dialled(), opened(outside), opened(second)];
  const toBoth = [...toLine, progress(outside, 180), answered(outside), taken(outside)];
  const confirmed: CallEvent = { type: 'leg-confirmed', legId: second };
  const referring: CallEvent = { ...completed, refer: { legId: agentLeg, token: 7 } };

  it('consults in the same call: rung, answered, talked to while the caller hears music', () => {
    const { state, effects } = run([...toBoth, confirmed]);
    expect(effects).toContainEqual({ type: 'progress-leg', legId: second, status: 180, sdp: null });
    expect(effects).toContainEqual({ type: 'answer-leg', legId: second, sdp: 'sdp' });
    expect(state.graph.edges.map(({ from }) => from)).toEqual([second, outside]);
    expect(state.graph.plays).toEqual([music(callerLeg)]);
  });

  it('follows its hold keys: the line that is not held is the one that talks', () => {
    const keys = [confirmed, held(second, 'sendonly'), held(agentLeg, 'sendrecv')];
    const { state } = run([...toBoth, ...keys]);
    expect(state.graph.edges.map(({ from }) => from)).toEqual([callerLeg, agentLeg]);
    expect(state.graph.plays).toEqual([music(outside)]);
  });

  it('is answered when our SDP for it comes after the target has answered', () => {
    const late = [...toTalk, dialled(), opened(outside), answered(outside), taken(outside), opened(second)];
    expect(run(late).effects).toContainEqual({ type: 'answer-leg', legId: second, sdp: 'sdp' });
  });

  it('is told why the target is not to be had', () => {
    const { state, effects } = run([...toLine, failed(outside, 486)]);
    expect(effects).toContainEqual({ type: 'reject-leg', legId: second, status: 486, reason: 'x' });
    // The caller is still on hold at the phone, whose key takes them back.
    expect(state.graph.plays).toMatchObject([{ to: callerLeg }]);
    expect(run([...toLine, failed(outside, 486), held(agentLeg, 'sendrecv')]).state.graph.edges).toHaveLength(2);
  });

  it('hands over by REFER with Replaces: 202, NOTIFY 200, and goodbye to both lines', () => {
    const { state, effects } = run([...toBoth, confirmed, referring]);
    expect(state).toMatchObject({ transfer: null, other: { legId: outside }, offer: null });
    const told = effects.slice(-20).flatMap((each) => {
      if (each.type === 'answer-refer') return ['202'];
      if (each.type === 'notify-referrer') return [`${String(each.status)} ${String(each.last)}`];
      return each.type === 'end-leg' ? [each.legId] : [];
    });
    expect(told).toEqual(['202', '200 true', second, agentLeg]);
    expect(state.graph.edges.map(({ from }) => from)).toEqual([callerLeg, outside]);
  });

  it('is refused such a REFER while the target rings', () => {
    expect(run([...toLine, referring]).effects.at(-1)).toMatchObject({ type: 'answer-refer', status: 491 });
  });

  it('brings the agent back to the caller when it is hung up, or cancelled', () => {
    for (const [before, event] of [
      [[...toBoth, confirmed], gone(second)],
      [toLine, { type: 'leg-cancelled', legId: second } as const],
    ] as const) {
      const { state, effects } = run([...before, event]);
      expect(state).toMatchObject({ transfer: null, other: { legId: agentLeg } });
      expect(effects).toContainEqual({ type: 'close-endpoint', legId: second });
      expect(effects.filter((each) => each.type === 'end-leg' && each.legId === second)).toEqual([]);
    }
  });

  it('does not keep a caller whose own line is hung up', () => {
    const { state, effects } = run([...toBoth, confirmed, gone(agentLeg)]);
    expect(state).toMatchObject({ phase: 'wrap-up', end: { cause: 'agent-hangup' } });
    for (const legId of [callerLeg, outside, second])
      expect(effects).toContainEqual(expect.objectContaining({ type: 'end-leg', legId }));
  });

  it('is busy where the call has a transfer already', () => {
    const { effects } = run([...toRung, dialled()]);
    expect(effects.at(-1)).toEqual({ type: 'reject-leg', legId: second, status: 486, reason: 'Busy Here' });
  });
});

describe('a target that is somewhere else', () => {
  const moved: CallEvent = {
    ...{ type: 'leg-failed', legId: outside, status: 302, reason: 'Moved' },
    contacts: ['<sip:+862199999999@pbx>'],
  };

  it('is followed over our own trunks, and not in circles', () => {
    const { state, effects } = run([...toRung, moved, opened(outside)]);
    expect(state.transfer).toMatchObject({ target: { to: '+862199999999' }, tried: ['+862112345678'], rung: false });
    expect(effects.at(-1)).toMatchObject({ type: 'invite-leg', destination: { to: '+862199999999' } });
    const circle = { ...moved, contacts: ['sip:+862112345678@pbx'] } as const;
    expect(run([...toRung, moved, opened(outside), circle]).state.transferFailure).toMatchObject({
      cause: 'redirect-refused',
    });
  });
});
