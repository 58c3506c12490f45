import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import { legsOf } from './state.ts';
import { lookMs, returnMs } from './returning.ts';
import {
  agentLeg,
  answered,
  asked,
  callerLeg,
  failed,
  gone,
  opened,
  outside,
  queue,
  referred,
  rowsOf,
  run,
  taken,
  toTalk,
} from './transferring.test-support.ts';
import { transition } from './transition.ts';

const page = (deviceId: string) => ({ deviceId, kind: 'webrtc', name: null }) as const;
const seen = (...ids: readonly string[]): CallEvent => ({
  ...{ type: 'agent-seen', agentId: 'alice', pages: ids.map(page) },
});
const lost: CallEvent = { type: 'endpoint-lost', legId: agentLeg, cause: 'dtls-closed' };
const fresh = '01CALL.a2';
const outside3 = '01CALL.x3';
const look: CallEvent = { type: 'timer', timer: 'return' };
const away = [...toTalk, lost];
const rung = [...away, seen('new'), opened(fresh)];
const back = [...rung, answered(fresh), taken(fresh)];
const held: CallEvent = { type: 'held', agentId: 'alice' };
const resumed: CallEvent = { type: 'resumed', agentId: 'alice' };
const muted: CallEvent = { type: 'muted', agentId: 'alice', muted: true };

const talkers = (events: readonly CallEvent[]) => run(events).state.graph.edges.map(({ from }) => from);

describe('a page that is gone in mid-call', () => {
  it.each([
    ['its endpoint closed', [lost], 'dtls-closed'],
    ['another page registered in its place', [seen('new')], 'page-gone'],
  ])('leaves the caller with music when %s', (_name, events, cause) => {
    const { state, effects } = run([...toTalk, ...events]);
    expect(state).toMatchObject({ phase: 'talking', other: null, offer: { agentId: 'alice' } });
    expect(state.graph).toMatchObject({ edges: [], taps: [], plays: [{ to: callerLeg, files: ['music.wav'] }] });
    expect(rowsOf(effects).at(-1)).toMatchObject({
      type: 'leg-lost',
      facts: { leg: 'agent', cause },
      agentId: 'alice',
    });
    expect(effects).toContainEqual({ type: 'end-leg', legId: agentLeg, cause: 'lost' });
    expect(effects).toContainEqual({ type: 'close-endpoint', legId: agentLeg });
    expect(effects).toContainEqual({ type: 'find-agent', agentId: 'alice' });
  });

  it.each([
    ['its own page is still there', seen('other', 'd')],
    ['no page is there', seen()],
    ['it is somebody else who came', { ...seen('new'), agentId: 'bob' } as CallEvent],
  ])('is not thought gone while %s', (_name, event) => {
    expect(run([...toTalk, event]).state).toEqual(run(toTalk).state);
  });

  it('is asked back with the offer in progress, to the newest page', () => {
    expect(run([...away, seen('old', 'new')]).effects).toContainEqual({
      ...{ type: 'open-endpoint', legId: fresh, kind: 'webrtc', remoteSdp: null, token: null },
    });
    const { offer } = run(rung).state;
    expect(run(rung).effects.at(-1)).toMatchObject({
      ...{ type: 'invite-leg', legId: fresh, sdp: 'sdp' },
      destination: { type: 'agent', agentId: 'alice', offerId: offer?.offerId, deviceId: 'new', auto: true },
    });
  });

  it('talks again: the same call and offer, a new leg', () => {
    const before = run(toTalk).state;
    const { state, effects } = run(back);
    expect(state).toMatchObject({ away: null, playing: null, offer: before.offer, talkingSince: before.talkingSince });
    expect(state.other).toMatchObject({ legId: fresh, signalling: 'confirmed', open: true });
    expect(talkers(back).sort()).toEqual([fresh, callerLeg].sort());
    expect(state.timers).toEqual(before.timers);
    const row = rowsOf(effects).at(-1);
    expect(row).toMatchObject({ type: 'leg-resumed', facts: { leg: 'agent' }, agentId: 'alice' });
    expect(row?.facts['gapMs']).toBe(back.length - away.length);
    expect(run([...back, gone(agentLeg), lost]).state).toEqual(state);
  });

  it('may be gone again', () => {
    const again = [...back, { ...lost, legId: fresh }, seen('newer'), opened('01CALL.a3')] as const;
    expect(talkers([...again, answered('01CALL.a3'), taken('01CALL.a3')]).sort()).toEqual(
      ['01CALL.a3', callerLeg].sort(),
    );
  });

  it.each([
    ['muted', [...toTalk, muted, lost, seen('new')], [callerLeg], 0],
    ['on hold', [...toTalk, held, lost, seen('new')], [], 1],
    ['put on hold meanwhile', [...away, held, seen('new')], [], 1],
    ['taken back meanwhile', [...toTalk, held, lost, resumed, seen('new')], [callerLeg, fresh], 0],
  ])('comes back %s', (_name, before, heard, plays) => {
    const events = [...before, opened(fresh), answered(fresh), taken(fresh)];
    expect(talkers(events).sort()).toEqual([...heard].sort());
    expect(run(events).state.graph.plays).toHaveLength(plays);
    // While nobody is there the caller hears music in any case.
    expect(run(before).state.graph.plays).toHaveLength(1);
  });

  it.each([
    ['it refuses', failed(fresh, 486)],
    ['it is lost again', { type: 'endpoint-lost', legId: fresh, cause: 'dtls-closed' } as const],
    ['the media node refuses', { type: 'endpoint-failed', legId: fresh, code: 'internal', token: null } as const],
    ['its page is gone', seen()],
  ])('is tried again when %s', (_name, event) => {
    const { state, effects } = run([...rung, event]);
    expect(state).toMatchObject({ phase: 'talking', away: { leg: null } });
    expect(effects).toContainEqual({ type: 'close-endpoint', legId: fresh });
    const next = run([...rung, event, seen('third')]);
    expect(next.state.away?.leg).toMatchObject({ legId: '01CALL.a3', device: { deviceId: 'third' } });
  });

  it('is not brought back to an agent who has hung up, whose BYE was slower than the end of the audio', () => {
    const { state, effects } = run([...rung, failed(fresh, 603)]);
    expect(state).toMatchObject({ away: null });
    const rows = effects.flatMap((each) => (each.type === 'record' ? [each.row] : []));
    expect(rows.find(({ type }) => type === 'call-ended')?.facts).toMatchObject({ cause: 'agent-hangup' });
  });

  it('is rung once however often it is seen, and a page loaded again in the meantime in its place', () => {
    expect(run([...rung, seen('new'), seen('new', 'd')]).state).toEqual(run(rung).state);
    const { state, effects } = run([...rung, seen('newer')]);
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: fresh, answeredElsewhere: false });
    expect(state.away?.leg).toMatchObject({ legId: '01CALL.a3', device: { deviceId: 'newer' } });
    // A 200 that crossed the CANCEL.
    expect(run([...rung, seen('newer'), answered(fresh)]).effects.at(-1)).toMatchObject({
      ...{ type: 'end-leg', legId: fresh },
    });
  });

  it('is looked for until the limit; then the caller waits at the head of the queue and the agent wraps up', () => {
    const { state } = run(away);
    const at = state.away?.since ?? 0;
    expect(state.timers.return).toBe(at + lookMs);
    const looked = transition(state, look, at + lookMs);
    expect(looked.effects[0]).toEqual({ type: 'find-agent', agentId: 'alice' });
    const over = transition(looked.state, look, at + returnMs);
    expect(over.state).toMatchObject({
      phase: 'queued',
      offer: null,
      away: null,
      parted: [{ offer: { agentId: 'alice' } }],
    });
    expect(over.state.timers.return).toBeUndefined();
    expect(over.effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    // Before everybody whom a dialplan can put first.
    expect(over.effects).toContainEqual(expect.objectContaining({ type: 'queue-ticket', priority: 10 }));
  });

  it('ends a call that came from no queue at the limit, with its cause', () => {
    const { state } = run(away);
    const at = state.away?.since ?? 0;
    const over = transition({ ...state, instruction: null }, look, at + returnMs);
    expect(over.state).toMatchObject({ phase: 'wrap-up', end: { cause: 'media-failure' } });
  });

  it.each([
    ['the caller hangs up', gone(callerLeg), 'caller-hangup'],
    ['the agent ends it at the desk', { type: 'hang-up-asked', cause: 'agent-hangup' } as const, 'agent-hangup'],
  ])('rings no more when %s', (_name, event, cause) => {
    const { state, effects } = run([...rung, event]);
    expect(state).toMatchObject({ end: { cause } });
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: fresh, answeredElsewhere: false });
    expect(state.away).toBeNull();
  });

  it('has nobody consulted, added or handed over by REFER while it is away', () => {
    for (const more of [{ consult: true }, { consult: true, joins: true }, { by: 'bob' }])
      expect(run([...away, asked(undefined, more)]).state).toEqual(run(away).state);
    const { state, effects } = run([...away, referred]);
    expect(state).toEqual(run(away).state);
    expect(effects.at(-1)).toMatchObject({ type: 'answer-refer', status: 491 });
  });

  describe('whose caller is handed over meanwhile', () => {
    const handed = [...rung, asked(undefined, { way: 'api' })];
    const ringing = [...handed, opened(outside3)];

    it('is waited for no more: the target rings, the caller hears music, and the agent is done', () => {
      const { state, effects } = run(handed);
      expect(state).toMatchObject({
        phase: 'talking',
        away: null,
        other: null,
        offer: null,
        transfer: { by: 'alice' },
      });
      expect(state.timers.return).toBeUndefined();
      expect(state.graph).toMatchObject({ edges: [], plays: [{ to: callerLeg, files: ['music.wav'] }] });
      expect(effects).toContainEqual({ type: 'cancel-leg', legId: fresh, answeredElsewhere: false });
      expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
      const told = rowsOf(effects).map(({ type }) => type);
      expect(told.slice(-2)).toEqual(['transfer-asked', 'wrap-up-started']);
    });

    it('gets no ring when it comes back, and the target talks to the caller', () => {
      const { state, effects } = run([...ringing, seen('newer'), answered(outside3), taken(outside3)]);
      expect(talkers([...ringing, answered(outside3), taken(outside3)]).sort()).toEqual([callerLeg, outside3]);
      expect(state).toMatchObject({ offer: null, transfer: null, other: { legId: outside3 } });
      expect(effects.filter(({ type }) => type === 'invite-leg')).toHaveLength(3);
    });

    it('is rung back when the target is not to be had', () => {
      const { effects } = run([...ringing, failed(outside3, 486)]);
      expect(effects).toContainEqual({ type: 'recall-agent', agentId: 'alice' });
      const { state } = run([...ringing, failed(outside3, 486), { type: 'recall-failed' }]);
      expect(state).toMatchObject({ phase: 'queued', transfer: null });
    });

    it('loses them to a queue at once', () => {
      const sales = { type: 'queue', order: { ...queue, queueId: 'sales' } } as const;
      const { state } = run([...away, asked(sales, { way: 'api' })]);
      expect(state).toMatchObject({ phase: 'queued', away: null, offer: null, queue: { queueId: 'sales' } });
      expect(state.timers.return).toBeUndefined();
    });
  });

  it('is looked for by a server that came back', () => {
    const { state, effects } = run([...rung, failed(fresh, 503), { type: 'recovered' }]);
    expect(effects.at(-1)).toEqual({ type: 'find-agent', agentId: 'alice' });
    expect(rowsOf(effects).at(-1)?.type).toBe('call-recovered');
    expect(legsOf(run(rung).state).map(({ legId }) => legId)).toEqual([callerLeg, fresh]);
    expect(state.phase).toBe('talking');
  });

  it('is no matter of this machine while a transfer is under way', () => {
    expect(run([...toTalk, asked(), opened(outside), seen('new')]).state.away).toBeUndefined();
  });
});
