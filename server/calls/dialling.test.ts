import { describe, expect, it } from 'vitest';
import { type DialFailureCause, failureCause, nextTarget } from './dialled.ts';
import {
  agent,
  answered,
  asked,
  failed,
  opened,
  party,
  phone,
  progress,
  run,
  taken,
  timer,
  toCalling,
} from './dialling.test-support.ts';
import type { CallEvent } from './events.ts';
import type { CallState } from './state.ts';
import { transition } from './transition.ts';

/** Who is heard by the agent before the answer: our tone, the far side, or nobody. */
function heard({ graph }: CallState): string {
  const [play] = graph.plays;
  if (play !== undefined) return play.files.join();
  return graph.edges.map(({ from, to }) => `${from}>${to}`).join();
}

const early = `${party}>${agent}`;
const ringback = 'tone:ringback/CN';

describe('a call the agent makes', () => {
  it('has the agent’s audio first, then invites the party with the number to show', () => {
    const { effects, rows, state } = run(toCalling);
    expect(effects.filter((each) => each.type === 'open-endpoint' || each.type === 'invite-leg')).toMatchObject([
      { type: 'open-endpoint', legId: agent, kind: 'webrtc', remoteSdp: null },
      {
        legId: agent,
        destination: { type: 'agent', agentId: 'alice', offerId: '01CALL.d1', auto: true },
        from: asked.to,
      },
      { type: 'open-endpoint', legId: party, kind: 'sip', remoteSdp: null },
      { legId: party, destination: { type: 'outside', to: asked.to }, from: asked.from },
    ]);
    expect(rows).toEqual(['call-dialled']);
    expect(state.graph.edges).toEqual([]);
  });

  it('talks when the answer is taken in, and is wrapped up when either hangs up', () => {
    const talk = [...toCalling, progress(180), answered(party), taken(party)];
    const { state, effects, rows } = run(talk);
    expect(state).toMatchObject({ phase: 'talking', talkingSince: talk.length, dial: { stage: 'connected' } });
    expect(state.graph).toMatchObject({
      plays: [],
      edges: [
        { from: party, to: agent },
        { from: agent, to: party },
      ],
      taps: [
        { endpointId: party, language: 'zh-CN' },
        { endpointId: agent, language: 'zh-CN' },
      ],
    });
    expect(effects).toContainEqual({ type: 'dial-connected', agentId: 'alice' });
    expect(rows).toEqual(['call-dialled', 'call-ringing', 'answered']);
    for (const [event, cause] of [
      [{ type: 'leg-ended', legId: party, cause: 'hangup' }, 'callee-hangup'],
      [{ type: 'hang-up-asked', cause: 'agent-hangup' }, 'agent-hangup'],
    ] as const) {
      const over = run([...talk, event]);
      expect(over.state).toMatchObject({ phase: 'wrap-up', end: { cause } });
      expect(over.effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
    }
  });

  it('plays the music of its queue on hold', () => {
    const talk = [...toCalling, answered(party), taken(party)];
    const { state } = run([...talk, { type: 'held', agentId: 'alice' }]);
    expect(state.graph).toMatchObject({ edges: [], plays: [{ to: party, files: ['music.wav'], loop: true }] });
  });
});

const soundBeforeAnswer: readonly (readonly [string, readonly CallEvent[], string, readonly string[]])[] = [
  ['nothing yet', [], '', []],
  ['100 and 183 without SDP', [progress(183)], '', []],
  ['180', [progress(180)], ringback, ['call-ringing']],
  ['183 with SDP, not taken in yet', [progress(183, 'a')], '', []],
  ['183 with SDP', [progress(183, 'a'), taken(party)], early, ['early-media']],
  ['180 with SDP, nothing heard', [progress(180, 'a'), taken(party)], ringback, ['call-ringing', 'early-media']],
  [
    '183 with SDP, then 180',
    [progress(183, 'a'), taken(party), progress(180)],
    ringback,
    ['early-media', 'call-ringing'],
  ],
  [
    '183 with SDP and voice, then 180',
    [progress(183, 'a'), taken(party), { type: 'endpoint-heard', legId: party }, progress(180)],
    early,
    ['early-media', 'call-ringing'],
  ],
  [
    '180, then voice after 183',
    [progress(180), progress(183, 'a'), taken(party), { type: 'endpoint-heard', legId: party }],
    early,
    ['call-ringing', 'early-media'],
  ],
  [
    'an early description nobody understands',
    [
      progress(183, 'a'),
      { type: 'endpoint-failed', legId: party, code: 'unsupported-sdp', token: null },
      progress(180),
    ],
    ringback,
    ['call-ringing'],
  ],
  ['two branches', [progress(183, 'a'), taken(party), progress(183, 'b'), taken(party)], early, ['early-media']],
];

describe('what the agent hears before the answer', () => {
  it.each(soundBeforeAnswer)('%s', (_what, events, sound, rows) => {
    const { state, ...told } = run([...toCalling, ...events]);
    expect(heard(state)).toBe(sound);
    expect(told.rows.slice(1)).toEqual(rows);
  });

  it('is the newest branch: its description is the last one taken in', () => {
    const { effects } = run([...toCalling, progress(183, 'a'), progress(183, 'b')]);
    expect(effects.flatMap((each) => (each.type === 'answer-endpoint' ? [each.sdp] : []))).toEqual([
      'answer',
      'a',
      'b',
    ]);
  });

  it('gives way to the talk only when the answer itself is taken in', () => {
    const between = [...toCalling, progress(183, 'a'), answered(party, 'b'), taken(party)];
    expect(run(between).state.phase).toBe('dialling');
    expect(run([...between, taken(party)]).state.phase).toBe('talking');
  });

  it('needs no second description where a reliable answer gave it (RFC 3262 section 5)', () => {
    expect(run([...toCalling, progress(183, 'a'), taken(party), answered(party, '')]).state.phase).toBe('talking');
    const none = run([...toCalling, answered(party, '')]);
    expect(none.state.dial).toMatchObject({ stage: 'failed', failure: { cause: 'unsupported-media' } });
    expect(none.effects).toContainEqual({ type: 'end-leg', legId: party, cause: 'failed' });
  });
});

const causes: readonly (readonly [number, boolean, DialFailureCause])[] = [
  [486, true, 'busy'],
  [600, false, 'busy'],
  [480, true, 'no-answer'],
  [480, false, 'unreachable'],
  [408, false, 'unreachable'],
  [487, true, 'no-answer'],
  [603, true, 'rejected'],
  [403, false, 'rejected'],
  [404, false, 'wrong-number'],
  [484, false, 'wrong-number'],
  [488, false, 'unsupported-media'],
  [503, false, 'unreachable'],
  [500, false, 'unreachable'],
  [302, false, 'redirect-refused'],
];

describe('a call that comes to nothing', () => {
  it.each(causes)('%i (it rang: %s) is %s', (status, rung, cause) => {
    expect(failureCause(status, rung)).toBe(cause);
  });

  it.each([
    [486, 'tone:busy/CN', 'busy'],
    [503, 'tone:congestion/CN', 'unreachable'],
  ] as const)('%i is heard as %s, then ends as %s without wrap-up', (status, tone, cause) => {
    const shown = run([...toCalling, progress(180), failed(status)]);
    expect(heard(shown.state)).toBe(tone);
    expect(shown.state).toMatchObject({ phase: 'dialling', dial: { failure: { status, cause } } });
    expect(shown.effects).toContainEqual({ type: 'close-endpoint', legId: party });
    const { state, effects } = run([...toCalling, progress(180), failed(status), timer('failure')]);
    expect(state).toMatchObject({ phase: 'over', end: { cause } });
    expect(effects).toContainEqual({ type: 'end-leg', legId: agent, cause });
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: false });
    const hungUp = run([...toCalling, failed(status), { type: 'hang-up-asked', cause: 'agent-hangup' }]);
    expect(hungUp.state.end?.cause).toBe(cause === 'busy' ? 'busy' : 'unreachable');
  });

  it('is wrapped up where the queue wants to know of every attempt', () => {
    const { state, effects } = run([...toCalling, failed(486), timer('failure')], { wrapUpUnanswered: true });
    expect(state.phase).toBe('wrap-up');
    expect(effects).toContainEqual({ type: 'free-agent', agentId: 'alice', wrapUp: true });
  });

  it('is cancelled by the agent, and a 200 that crossed the CANCEL is ended', () => {
    const { state, effects } = run([...toCalling, progress(180), { type: 'hang-up-asked', cause: 'agent-hangup' }]);
    expect(state).toMatchObject({ phase: 'over', end: { cause: 'agent-cancelled' } });
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: party, answeredElsewhere: false });
    expect(effects).toContainEqual({ type: 'end-leg', legId: agent, cause: 'agent-cancelled' });
    const late = transition(state, answered(party), 9);
    expect(late.effects).toEqual([{ type: 'end-leg', legId: party, cause: 'agent-cancelled' }]);
  });

  it('rings no longer than it may', () => {
    const { state, effects } = run([...toCalling, progress(180), timer('ring')]);
    expect(state.dial?.failure).toMatchObject({ cause: 'no-answer' });
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: party, answeredElsewhere: false });
    expect(run([opened(agent), timer('ring')]).state).toMatchObject({
      phase: 'over',
      end: { cause: 'agent-no-answer' },
    });
  });

  it('needs the agent', () => {
    const declined = run([opened(agent), { type: 'leg-failed', legId: agent, status: 603, reason: '' }]);
    expect(declined.state.end?.cause).toBe('agent-declined');
    const gone = run([...toCalling, progress(180), { type: 'leg-ended', legId: agent, cause: 'hangup' }]);
    expect(gone.state.end?.cause).toBe('agent-cancelled');
    expect(gone.effects).toContainEqual({ type: 'cancel-leg', legId: party, answeredElsewhere: false });
  });

  it('does not take silence before the answer for a loss', () => {
    const silent: CallEvent = { type: 'endpoint-lost', legId: party, cause: 'rtp-timeout' };
    expect(run([...toCalling, progress(183, 'a'), taken(party), silent]).state.phase).toBe('dialling');
    expect(run([...toCalling, { type: 'endpoint-lost', legId: party, cause: 'shard-died' }]).state.end?.cause).toBe(
      'media-failure',
    );
  });
});

describe('a redirection', () => {
  it('is followed through our trunk, by its number alone', () => {
    const { effects, rows, state } = run([
      ...toCalling,
      progress(180),
      failed(302, ['sip:+8613911111111@198.51.100.7:5080']),
      opened(party),
    ]);
    const invites = effects.flatMap((each) =>
      each.type === 'invite-leg' && each.legId === party ? [each.destination] : [],
    );
    expect(invites).toEqual([
      { type: 'outside', to: '+8613800000000' },
      { type: 'outside', to: '+8613911111111' },
    ]);
    expect(rows).toEqual(['call-dialled', 'call-ringing', 'call-redirected']);
    expect(state).toMatchObject({ phase: 'dialling', dial: { rung: false, target: '+8613911111111' } });
  });

  it.each([
    ['in a circle', ['sip:+8613800000000@x']],
    ['to no number', ['sip:bob.smith@x', 'mailto:a@b', 'sip:x']],
    ['to nowhere', []],
  ])('%s is refused', (_what, contacts) => {
    const { state } = run([...toCalling, failed(302, contacts)]);
    expect(state.dial?.failure).toMatchObject({ cause: 'redirect-refused', status: 302 });
  });

  it('ends somewhere', () => {
    const hops = Array.from({ length: 9 }, (_, hop) => [failed(302, [`tel:+861390000000${hop}`]), opened(party)]);
    const { rows, state } = run([...toCalling, ...hops.flat()]);
    expect(rows.filter((type) => type === 'call-redirected')).toHaveLength(4);
    expect(state.dial?.failure?.cause).toBe('redirect-refused');
  });

  it('takes the first number that was not tried', () => {
    const { dial } = run(toCalling).state;
    if (dial === null) throw new Error('no dial');
    expect(nextTarget(dial, ['<sip:+8613800000000@x>', 'sip:1001@x;user=phone', 'sip:1002@x'])).toBe('1001');
  });
});

describe('a late offer', () => {
  it('is answered in the ACK', () => {
    const events = [
      opened(agent),
      answered(agent),
      taken(agent),
      progress(180),
      { type: 'leg-offered', legId: party, sdp: 'their offer' },
      opened(party, 'our answer'),
    ] as const;
    const { effects, state } = run(events, { lateOffer: true });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'invite-leg', legId: party, sdp: null }));
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'open-endpoint', legId: party, remoteSdp: 'their offer' }),
    );
    expect(effects).toContainEqual({ type: 'acknowledge-leg', legId: party, sdp: 'our answer' });
    expect(state.phase).toBe('dialling');
    expect(run([...events, { type: 'leg-confirmed', legId: party }], { lateOffer: true }).state.phase).toBe('talking');
  });
});

describe('a desk phone that dials', () => {
  const way = { way: 'inviting', auto: false } as const;
  const calling = [opened(phone, 'to phone'), opened(party)];
  const cancelled: CallEvent = { type: 'leg-cancelled', legId: phone };

  it('rings by itself, hears early media, and is answered when the party is', () => {
    const rung = run([...calling, progress(180)], way);
    expect(rung.effects).toContainEqual({ type: 'progress-leg', legId: phone, status: 180, sdp: null });
    expect(heard(rung.state)).toBe('');
    const before = run([...calling, progress(183, 'a'), taken(party)], way);
    expect(before.effects).toContainEqual({ type: 'progress-leg', legId: phone, status: 183, sdp: 'to phone' });
    expect(heard(before.state)).toBe(`${party}>${phone}`);
    const ready = [...calling, progress(180), answered(party), taken(party)];
    const { effects, state } = run(ready, way);
    expect(effects).toContainEqual({ type: 'answer-leg', legId: phone, sdp: 'to phone' });
    expect(state.phase).toBe('dialling');
    expect(run([...ready, { type: 'leg-confirmed', legId: phone }], way).state.phase).toBe('talking');
  });

  it.each([
    ['the party’s own status', [...calling, failed(486)], 486, 'busy'],
    ['404 of the network', [...calling, failed(404)], 404, 'wrong-number'],
    ['480 when it rang too long', [...calling, progress(180), timer('ring')], 487, 'no-answer'],
    [
      '480 when somebody here ended it',
      [...calling, { type: 'hang-up-asked', cause: 'admin-hangup' } as const],
      480,
      'admin-hangup',
    ],
  ])('gets %s', (_what, events, status, cause) => {
    const { effects, state } = run(events, way);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'reject-leg', legId: phone, status }));
    expect(state).toMatchObject({ phase: 'over', end: { cause } });
  });

  it('gives up', () => {
    const { effects, state } = run([...calling, progress(180), cancelled], way);
    expect(state).toMatchObject({ phase: 'over', end: { cause: 'agent-cancelled' } });
    expect(effects).toContainEqual({ type: 'cancel-leg', legId: party, answeredElsewhere: false });
    expect(effects.filter((each) => each.type === 'reject-leg')).toEqual([]);
  });
});
