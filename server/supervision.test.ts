/** Who may supervise what, and what the pages of supervisor and agent say of it. */
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/logger.ts';
import {
  answered,
  asked,
  bob,
  gone,
  opened,
  callerLeg,
  run,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';
import type { CallEvent, Calls, CallState } from './calls/index.ts';
import { agentsOf, deskCallOf, teamCallOf } from './desk/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { Floor } from './floor.ts';
import { Roles } from './roles.ts';
import { Supervision } from './supervision.ts';
import { Team } from './team.ts';

const page = { deviceId: 'page', kind: 'webrtc', name: null } as const;
const sue = '01CALL.s2';
const ask = (mode: 'listen' | 'whisper' | 'barge'): CallEvent => ({
  ...{ type: 'supervision-asked', agentId: 'sue', mode, offerId: 'w1', device: page },
});
const on = (mode: 'listen' | 'whisper' | 'barge'): readonly CallEvent[] => [
  ...toTalk,
  ...[ask(mode), opened(sue), answered(sue), taken(sue)],
];
const around = {
  partyName: 'Li Lei',
  nameOf: (id: string) => ({ alice: 'Alice', sue: 'Sue' })[id],
  queueName: () => ({ en: 'Support', zh: '客服' }),
  wrapUpUntil: undefined,
};

function supervising(
  call: CallState | undefined,
  facts: { free?: boolean; phone?: boolean; silent?: boolean; away?: boolean } = {},
) {
  const posted: CallEvent[] = [];
  const calls = {
    get: (id: string) => (id === call?.callId ? call : undefined),
    post: (_id: string, event: CallEvent) => posted.push(event) > 0,
  } as unknown as Calls;
  const floor = {
    agent: (id: string) =>
      ['alice', 'bob', 'sue'].includes(id)
        ? { name: id, presence: { type: facts.away === true ? 'offline' : 'available' } }
        : undefined,
    dial: () => facts.free !== false,
  } as unknown as Floor;
  const supervision = new Supervision({
    ...{ calls: () => calls, floor: () => floor, mayListen: (id: string) => id === 'sue' || id === 'admin' },
    announced: () => facts.silent !== true,
    phoneOf: () => (facts.phone === false ? undefined : page),
  });
  return { supervision, posted };
}

describe('who may supervise', () => {
  it('a supervisor, at their page', () => {
    const { supervision, posted } = supervising(run(toTalk).state);
    expect(supervision.begin('01CALL', 'sue', 'whisper')).toBeUndefined();
    expect(posted).toEqual([{ ...ask('whisper'), offerId: '01CALL.w2', announced: true }]);
    const silent = supervising(run(toTalk).state, { silent: true });
    silent.supervision.begin('01CALL', 'sue', 'listen');
    expect(silent.posted).toMatchObject([{ announced: false }]);
  });

  it.each([
    ['no supervisor', 'bob', toTalk, {}, 'supervise-not-allowed'],
    ['not their own call', 'alice', toTalk, {}, 'supervise-not-allowed'],
    ['nobody is there', 'sue', undefined, {}, 'no-such-call'],
    ['no agent talks yet', 'sue', toTalk.slice(0, 3), {}, 'not-now'],
    ['they have another call', 'sue', toTalk, { free: false }, 'supervise-busy'],
    ['they are signed out', 'sue', toTalk, { away: true }, 'supervise-away'],
    ['they have no phone', 'sue', toTalk, { phone: false }, 'supervise-no-phone'],
    ['an administrator who is no agent', 'admin', toTalk, {}, 'supervise-no-phone'],
  ] as const)('not: %s', (_name, who, events, facts, code) => {
    const { supervision, posted } = supervising(events === undefined ? undefined : run(events).state, facts);
    expect(supervision.begin('01CALL', who, 'listen')).toMatchObject({ code });
    expect(posted).toEqual([]);
  });

  it('who supervises already changes how, without another ring', () => {
    const { supervision, posted } = supervising(run(on('listen')).state, { free: false, phone: false });
    expect(supervision.begin('01CALL', 'sue', 'barge')).toBeUndefined();
    expect(posted).toMatchObject([{ type: 'supervision-asked', mode: 'barge', offerId: 'w1' }]);
  });

  it('takes over and leaves what they supervise, once their phone is up', () => {
    const { supervision, posted } = supervising(run(on('listen')).state);
    expect(supervision.takeOver('01CALL', 'sue')).toBeUndefined();
    expect(supervision.stop('01CALL', 'sue')).toBeUndefined();
    expect(posted).toEqual([
      { type: 'taken-over', agentId: 'sue' },
      { type: 'supervision-left', agentId: 'sue' },
    ]);
    expect(supervising(run(toTalk).state).supervision.takeOver('01CALL', 'sue')).toMatchObject({
      code: 'no-such-call',
    });
    const ringing = supervising(run([...toTalk, ask('listen')]).state).supervision;
    expect(ringing.takeOver('01CALL', 'sue')).toMatchObject({ code: 'not-now' });
    const handed = supervising(run([...on('listen'), asked(bob)]).state).supervision;
    expect(handed.takeOver('01CALL', 'sue')).toMatchObject({ code: 'not-now' });
  });
});

describe('the pages', () => {
  const shown = (events: readonly CallEvent[], agentId: string, announced = true) =>
    deskCallOf(run(events).state, { ...around, announced }, agentId);

  it('a supervisor sees whose talk it is and how they are heard', () => {
    expect(shown([...toTalk, ask('listen')], 'sue')).toMatchObject({
      ...{ state: 'talking', offerId: 'w1', supervising: { mode: 'listen', ringing: true } },
    });
    expect(shown(on('whisper'), 'sue')).toMatchObject({
      ...{ state: 'talking', on: { kind: 'softphone' }, muted: false },
      supervising: { mode: 'whisper', ringing: false, agent: { id: 'alice', name: 'Alice' } },
    });
    expect(agentsOf(run(on('whisper')).state)).toEqual(['alice', 'sue']);
  });

  it('the agent sees that somebody listens where the site says so, and always who speaks', () => {
    expect(shown(on('listen'), 'alice')).toMatchObject({ supervisors: [{ id: 'sue', name: 'Sue', mode: 'listen' }] });
    expect(shown(on('listen'), 'alice', false)).not.toHaveProperty('supervisors');
    for (const mode of ['whisper', 'barge'] as const)
      expect(shown(on(mode), 'alice', false)).toMatchObject({ supervisors: [{ name: 'Sue', mode }] });
    expect(shown([...toTalk, ask('listen')], 'alice')).not.toHaveProperty('supervisors');
  });

  it('the floor of a supervisor: talks as they begin, change and end', () => {
    const team = new Team();
    expect(team.changed(run(toTalk.slice(0, 3)).state, around)).toBeUndefined();
    const talk = run(toTalk).state;
    expect(team.changed(talk, around)).toMatchObject({
      type: 'team-call-changed',
      call: { agent: { id: 'alice', name: 'Alice' }, party: { name: 'Li Lei' }, state: 'talking', supervisors: [] },
    });
    expect(team.changed(talk, around)).toBeUndefined();
    const held = run([...toTalk, { type: 'held', agentId: 'alice' }]).state;
    expect(team.changed(held, around)).toMatchObject({ call: { state: 'held' } });
    expect(teamCallOf(run(on('barge')).state, around)?.supervisors).toEqual([
      { id: 'sue', name: 'Sue', mode: 'barge' },
    ]);
    expect(team.calls).toHaveLength(1);
    expect(team.changed(run([...toTalk, gone(callerLeg)]).state, around)).toMatchObject({ type: 'team-call-cleared' });
    expect(team.gone('01CALL')).toBeUndefined();
  });
});

it('agents.yaml gives accounts their role where it names one, and takes none from an administrator', () => {
  const roles = new Map<string, 'agent' | 'supervisor' | 'admin'>([
    ...([
      ['alice', 'agent'],
      ['bob', 'supervisor'],
      ['carol', 'supervisor'],
      ['root', 'admin'],
    ] as const),
  ]);
  const given: string[] = [];
  const subject = new Roles(
    {
      byId: (id) => {
        const role = roles.get(id);
        return role === undefined ? undefined : { id, login: id, name: id, role, demo: false };
      },
      setRole: (id, role) => Promise.resolve(void given.push(`${id} ${role}`)),
    },
    silentLogger,
  );
  const agent = (id: string, role?: 'agent' | 'supervisor') => [id, { id, ...(role && { role }) }] as const;
  const agents = [agent('alice', 'supervisor'), agent('bob'), agent('carol', 'agent'), agent('root', 'agent')];
  subject.take({ agents: new Map([...agents, agent('nobody', 'supervisor')]) } as unknown as Plan);
  expect(given).toEqual(['alice supervisor', 'carol agent']);
  expect([subject.supervises('bob'), subject.supervises('alice'), subject.supervises('root')]).toEqual([
    true,
    false,
    true,
  ]);
});
