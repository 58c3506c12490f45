import { describe, expect, it } from 'vitest';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Link } from './link.ts';
import { retryDelay } from './link.ts';
import { initialPhone, liveSession, phoneTransition } from './machine.ts';
import type { Invite, Line, PhoneEffect, PhoneEvent, PhoneState } from './machine.ts';

const invite: Invite = { session: 's1', offerId: 'offer-1', callId: 'call-1' };
const resuming: Invite = { ...invite, resume: 'offer-1' };
const other: Invite = { session: 's2', offerId: 'offer-2' };
const problem = makeProblem('microphone-refused');

const lines: Readonly<Record<Line['type'], Line>> = {
  idle: { type: 'idle' },
  ringing: { ...invite, type: 'ringing', declined: false },
  checking: { ...resuming, type: 'checking' },
  answering: { ...invite, type: 'answering' },
  dialling: { session: 's1', type: 'dialling' },
  talking: { ...invite, type: 'talking', muted: false, media: 'up', since: 5 },
  ended: { ...invite, type: 'ended', cause: 'peer' },
};

const accept: PhoneEffect = { type: 'accept', session: 's1' };
const end: PhoneEffect = { type: 'end', session: 's1' };
const busy: PhoneEffect = { type: 'reject', session: 's2', status: 486 };
const lostSocket: PhoneEffect = { type: 'arm-retry', delayMs: 0 };
const refuse: PhoneEffect = { type: 'reject', session: 's1', status: 486 };

/** What one event does to each state of the line: the state after it and the effects. Absent: nothing happens. */
type Row = Partial<Record<Line['type'], readonly [Line['type'], ...PhoneEffect[]]>>;

const table: readonly (readonly [string, PhoneEvent, Row])[] = [
  [
    'an INVITE',
    { type: 'invited', invite: other },
    {
      idle: ['ringing'],
      ended: ['ringing'],
      ringing: ['ringing', busy],
      checking: ['checking', busy],
      answering: ['answering', busy],
      dialling: ['dialling', busy],
      talking: ['talking', busy],
    },
  ],
  [
    'an INVITE that resumes the call on the line',
    { type: 'invited', invite: { session: 's2', offerId: 'offer-1', resume: 'offer-1' } },
    {
      idle: ['answering', { type: 'accept', session: 's2' }],
      ended: ['answering', { type: 'accept', session: 's2' }],
      ringing: ['ringing', busy],
      checking: ['checking', busy],
      answering: ['answering', busy],
      dialling: ['dialling', busy],
      talking: ['answering', { type: 'accept', session: 's2' }, end],
    },
  ],
  ['the desk naming the same offer', { type: 'desk-told', offerId: 'offer-1' }, { checking: ['answering', accept] }],
  ['the desk naming no call', { type: 'desk-told' }, { checking: ['ringing'] }],
  ['the agent answering', { type: 'answer-asked' }, { ringing: ['answering', accept] }],
  ['the agent declining', { type: 'decline-asked' }, { ringing: ['ringing'] }],
  [
    'the agent hanging up',
    { type: 'hang-up-asked' },
    {
      ringing: ['ended', refuse],
      checking: ['ended', refuse],
      answering: ['ended', end],
      dialling: ['ended', end],
      talking: ['ended', end],
    },
  ],
  [
    'the agent muting',
    { type: 'mute-asked', muted: true },
    { talking: ['talking', { type: 'set-muted', session: 's1', muted: true }] },
  ],
  [
    'the agent dialling',
    { type: 'dial-asked', session: 's9', target: 'sip:x@y' },
    {
      idle: ['dialling', { type: 'dial', session: 's9', target: 'sip:x@y' }],
      ended: ['dialling', { type: 'dial', session: 's9', target: 'sip:x@y' }],
    },
  ],
  [
    'no microphone',
    { type: 'microphone-failed', session: 's1', problem },
    { answering: ['ringing'], dialling: ['ended'] },
  ],
  [
    'the session established',
    { type: 'established', session: 's1', at: 7 },
    {
      answering: ['talking'],
      dialling: ['talking'],
      idle: ['idle', end],
      ringing: ['ringing', end],
      checking: ['checking', end],
      ended: ['ended', end],
    },
  ],
  [
    'CANCEL',
    { type: 'cancelled', session: 's1' },
    { ringing: ['ended'], checking: ['ended'], answering: ['ended'], dialling: ['ended'], talking: ['ended'] },
  ],
  [
    'the session over',
    { type: 'session-ended', session: 's1' },
    { ringing: ['ended'], checking: ['ended'], answering: ['ended'], dialling: ['ended'], talking: ['ended'] },
  ],
  [
    'the socket closed',
    { type: 'socket-closed' },
    {
      idle: ['idle', lostSocket],
      ringing: ['ended', lostSocket, { type: 'reject', session: 's1', status: 480 }],
      checking: ['ended', lostSocket, { type: 'reject', session: 's1', status: 480 }],
      answering: ['ended', lostSocket, end],
      dialling: ['ended', lostSocket, end],
      talking: ['talking', lostSocket],
      ended: ['ended', lostSocket],
    },
  ],
  ['the audio interrupted', { type: 'media-changed', session: 's1', media: 'interrupted' }, { talking: ['talking'] }],
  ['another session over', { type: 'session-ended', session: 's7' }, {}],
  [
    'another session established',
    { type: 'established', session: 's7', at: 1 },
    Object.fromEntries(Object.values(lines).map(({ type }) => [type, [type, { type: 'end', session: 's7' }]])),
  ],
  ['another session cancelled', { type: 'cancelled', session: 's7' }, {}],
  ['audio of another session', { type: 'media-changed', session: 's7', media: 'up' }, {}],
  ['another session without microphone', { type: 'microphone-failed', session: 's7', problem }, {}],
];

function phone(line: Line, link: Link = { type: 'registered' }): PhoneState {
  return { link, line, inProgress: { known: true, offerId: 'offer-1' } };
}

describe('the line: every event in every state', () => {
  describe.each(table)('%s', (_name, event, row) => {
    it.each(Object.values(lines).map((line) => [line.type, line] as const))('while %s', (type, line) => {
      const { state, effects } = phoneTransition(phone(line), event);
      const [after, ...wanted] = row[type] ?? [type];
      expect([state.line.type, ...effects]).toEqual([after, ...wanted]);
    });
  });

  it('carries the facts of the INVITE along and nothing else', () => {
    const answering = phoneTransition(phone(lines.ringing), { type: 'answer-asked' }).state;
    const talking = phoneTransition(answering, { type: 'established', session: 's1', at: 9 }).state;
    expect(talking.line).toEqual({ ...invite, type: 'talking', muted: false, media: 'connecting', since: 9 });
    const over = phoneTransition(talking, { type: 'session-ended', session: 's1' }).state;
    expect(over.line).toEqual({ ...invite, type: 'ended', cause: 'peer' });
  });

  it('keeps a resuming INVITE silent until the desk has spoken', () => {
    const state: PhoneState = { ...phone(lines.idle), inProgress: { known: false } };
    const checking = phoneTransition(state, { type: 'invited', invite: resuming });
    expect([checking.state.line.type, ...checking.effects]).toEqual(['checking']);
  });

  it('rings for a resuming INVITE that names another offer than the desk', () => {
    const { state, effects } = phoneTransition(phone(lines.idle), {
      type: 'invited',
      invite: { ...other, resume: 'offer-2' },
    });
    expect([state.line.type, ...effects]).toEqual(['ringing']);
  });

  it('says why an answer failed, and that a declined ring was declined', () => {
    const failed = phoneTransition(phone(lines.answering), { type: 'microphone-failed', session: 's1', problem });
    expect(failed.state.line).toMatchObject({
      type: 'ringing',
      declined: false,
      problem: { code: 'microphone-refused' },
    });
    const declined = phoneTransition(phone(lines.ringing), { type: 'decline-asked' });
    expect(declined.state.line).toMatchObject({ type: 'ringing', declined: true });
  });

  it('ends a session that is established after the agent hung up', () => {
    const hungUp = phoneTransition(phone(lines.answering), { type: 'hang-up-asked' }).state;
    const { effects } = phoneTransition(hungUp, { type: 'established', session: 's1', at: 1 });
    expect(effects).toEqual([end]);
  });

  describe('a call whose BYE was lost: the desk does not know it any more', () => {
    const ghost: PhoneState = { ...phone(lines.talking), inProgress: { known: true } };
    const silent: PhoneState = {
      ...ghost,
      line: { ...invite, type: 'talking', muted: false, media: 'failed', since: 5 },
    };
    const outcome = (state: PhoneState, event: PhoneEvent): readonly unknown[] => {
      const after = phoneTransition(state, event);
      return [after.state.line.type, ...after.effects];
    };

    it('stays as long as there is audio: the BYE may be on its way', () => {
      expect(outcome(phone(lines.talking), { type: 'desk-told' })).toEqual(['talking']);
    });

    it('ends when its audio is gone, whichever is learnt first', () => {
      expect(outcome(silent, { type: 'desk-told' })).toEqual(['ended', end]);
      const failed: PhoneEvent = { type: 'media-changed', session: 's1', media: 'interrupted' };
      expect(outcome(ghost, failed)).toEqual(['ended', end]);
    });

    it('makes room for the next ring', () => {
      expect(outcome(ghost, { type: 'invited', invite: other })).toEqual(['ringing', end]);
    });
  });

  it('dials only when registered', () => {
    const event: PhoneEvent = { type: 'dial-asked', session: 's9', target: 'sip:x@y' };
    expect(phoneTransition(phone(lines.idle, { type: 'connecting', attempt: 0 }), event).effects).toEqual([]);
  });

  it('is busy with a session exactly while one is alive', () => {
    const busyWith = Object.values(lines).map((line) => [line.type, liveSession(line)]);
    expect(Object.fromEntries(busyWith)).toMatchObject({ idle: undefined, ended: undefined, talking: 's1' });
  });
});

const links: Readonly<Record<string, Link>> = {
  off: { type: 'off' },
  connecting: { type: 'connecting', attempt: 2 },
  registering: { type: 'registering', attempt: 2 },
  registered: { type: 'registered' },
  'waiting, connected': { type: 'waiting', attempt: 2, connected: true },
  'waiting, not connected': { type: 'waiting', attempt: 2, connected: false },
};

type LinkRow = Partial<Record<keyof typeof links, readonly [Link, ...PhoneEffect[]]>>;
const arm = (attempt: number): PhoneEffect => ({ type: 'arm-retry', delayMs: retryDelay(attempt) });
const lost = (attempt: number): readonly [Link, PhoneEffect] => [
  { type: 'waiting', attempt, connected: false },
  arm(attempt),
];
const off: readonly [Link, ...PhoneEffect[]] = [{ type: 'off' }, { type: 'disarm-retry' }, { type: 'unregister' }];

const linkTable: readonly (readonly [string, PhoneEvent, LinkRow])[] = [
  ['started', { type: 'started' }, { off: [{ type: 'connecting', attempt: 0 }, { type: 'connect' }] }],
  ['stopped', { type: 'stopped' }, Object.fromEntries(Object.keys(links).map((name) => [name, off]))],
  [
    'socket opened',
    { type: 'socket-opened' },
    { connecting: [{ type: 'registering', attempt: 2 }, { type: 'register' }] },
  ],
  [
    'socket closed',
    { type: 'socket-closed' },
    {
      connecting: lost(3),
      registering: lost(3),
      registered: lost(0),
      'waiting, connected': lost(3),
    },
  ],
  [
    'registered',
    { type: 'registered' },
    {
      registering: [{ type: 'registered' }, { type: 'disarm-retry' }],
      'waiting, connected': [{ type: 'registered' }, { type: 'disarm-retry' }],
    },
  ],
  [
    'credentials refused',
    { type: 'register-refused', status: 403 },
    {
      registering: [
        { type: 'waiting', attempt: 3, connected: true, status: 403 },
        { type: 'renew-credentials' },
        arm(3),
      ],
    },
  ],
  [
    'registrar busy',
    { type: 'register-refused', status: 503 },
    { registering: [{ type: 'waiting', attempt: 3, connected: true, status: 503 }, arm(3)] },
  ],
  [
    'registration lost',
    { type: 'registration-lost' },
    { registered: [{ type: 'waiting', attempt: 0, connected: true }, arm(0)] },
  ],
  [
    'the time to try again',
    { type: 'retry-elapsed' },
    {
      'waiting, connected': [{ type: 'registering', attempt: 2 }, { type: 'register' }],
      'waiting, not connected': [{ type: 'connecting', attempt: 2 }, { type: 'connect' }],
    },
  ],
];

describe('a ring that says it is the agent’s own call', () => {
  const line: Line = { type: 'ringing', declined: false, session: 's1', offerId: 'd1', resume: 'd1' };

  it.each([
    [{ type: 'desk-told', offerId: 'd1' }, 'answering', [accept]],
    [{ type: 'desk-told', offerId: 'o2' }, 'ringing', []],
    [{ type: 'desk-told' }, 'ringing', []],
  ] as const)('and %j: %s', (event, type, effects) => {
    const step = phoneTransition({ ...initialPhone, line }, event);
    expect([step.state.line.type, step.effects]).toEqual([type, effects]);
  });
});

describe('an INVITE that brings back a call', () => {
  const back: PhoneEvent = { type: 'invited', invite: { session: 's9', offerId: 'offer-1', resume: 'offer-1' } };
  const state = (line: Line): PhoneState => ({
    ...initialPhone,
    inProgress: { known: true, offerId: 'offer-1' },
    line,
  });

  it.each([
    ['here, the first time', invite],
    ['here, after it was brought back before', { session: 's1', resume: 'offer-1' }],
  ])('which the agent has ended %s is declined', (_name, ended) => {
    const line: Line = { ...ended, type: 'ended', cause: 'own' };
    const step = phoneTransition(state(line), back);
    expect(step).toEqual({ state: state(line), effects: [{ type: 'reject', session: 's9', status: 603 }] });
  });

  it.each([
    ['that failed', { ...invite, type: 'ended', cause: 'failed' }],
    ['other than the one the agent has ended', { ...other, type: 'ended', cause: 'own' }],
  ] as const)('%s is answered', (_name, line) => {
    expect(phoneTransition(state(line), back).effects).toEqual([{ type: 'accept', session: 's9' }]);
  });
});

describe('the registration: every event in every state', () => {
  describe.each(linkTable)('%s', (_name, event, row) => {
    it.each(Object.entries(links))('while %s', (name, link) => {
      const { state, effects } = phoneTransition({ ...initialPhone, link, line: lines.talking }, event);
      const [after, ...wanted] = row[name] ?? [link];
      expect([state.link, ...effects]).toEqual([after, ...wanted]);
      expect(state.line).toBe(lines.talking);
    });
  });

  it('asks often at first, then waits longer each time, up to ten seconds', () => {
    const waits = [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 40].map(retryDelay);
    expect(waits).toEqual([0, 250, 250, 500, 500, 1000, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });
});
