import { describe, expect, it } from 'vitest';
import type { DeskCall } from '../../protocol/desk.ts';
import { joinCall } from './join.ts';
import type { Line } from './phone/machine.ts';

const invite = { session: 's1', offerId: 'o1', callId: 'c1' };
const lines: readonly Line[] = [
  { type: 'idle' },
  { ...invite, type: 'ringing', declined: false },
  { ...invite, type: 'checking', resume: 'o1' },
  { ...invite, type: 'answering' },
  { ...invite, type: 'dialling' },
  { ...invite, type: 'talking', muted: false, media: 'up', since: 0 },
  { ...invite, type: 'ended', cause: 'peer' },
];

function call(state: DeskCall['state'], offerId = 'o1'): DeskCall {
  const from = { number: '+8613912345678' };
  const words = { language: 'en-US', transcript: [], alerts: [] } as const;
  const flags = { muted: false, heldByPeer: false, direction: 'inbound' } as const;
  return {
    callId: 'c1',
    offerId,
    state,
    from,
    to: '100',
    pressed: [],
    offeredAt: 0,
    ...flags,
    ...words,
    transcript: [],
    alerts: [],
  };
}

/** For each state of the line, in the order above: the situation, with `+` if the details belong to it. */
const table: readonly (readonly [string, DeskCall | null, string])[] = [
  ['no call', null, 'none ringing none answering dialling talking none'],
  ['an offer', call('offered'), 'details-only+ ringing+ details-only+ answering+ dialling+ answering+ details-only+'],
  ['a call out', call('dialling'), 'dialling+ ringing+ dialling+ dialling+ dialling+ dialling+ dialling+'],
  ['a call', call('talking'), 'audio-lost+ ringing+ audio-lost+ answering+ dialling+ talking+ audio-lost+'],
  ['a held call', call('held'), 'audio-lost+ ringing+ audio-lost+ answering+ dialling+ talking+ audio-lost+'],
  [
    'a call on the desk phone',
    { ...call('talking'), on: { id: 'd1', kind: 'desk', name: 'desk' } },
    'elsewhere+ ringing+ elsewhere+ answering+ dialling+ talking+ elsewhere+',
  ],
  ['a call that ended', call('ended'), 'wrap-up+ wrap-up+ wrap-up+ wrap-up+ wrap-up+ wrap-up+ wrap-up+'],
  [
    'another offer',
    call('offered', 'o2'),
    'details-only+ ringing details-only+ answering dialling talking details-only+',
  ],
  ['another call that ended', call('ended', 'o2'), 'wrap-up+ ringing wrap-up+ answering dialling talking wrap-up+'],
];

describe('ring and details', () => {
  it.each(table)('are joined while the desk shows %s', (_name, desk, wanted) => {
    const joined = lines.map((line) => joinCall(desk, line));
    const seen = joined.map((each) => `${each.type}${each.type !== 'none' && each.details !== undefined ? '+' : ''}`);
    expect(seen.join(' ')).toBe(wanted);
  });

  it('are joined by the call where the INVITE names no offer', () => {
    const byCall: Line = { type: 'ringing', declined: false, session: 's1', callId: 'c1' };
    const byOther: Line = { type: 'ringing', declined: false, session: 's1', callId: 'c2' };
    const byNothing: Line = { type: 'ringing', declined: false, session: 's1' };
    const details = [byCall, byOther, byNothing].map((line) => 'details' in joinCall(call('offered'), line));
    expect(details).toEqual([true, false, true]);
  });
});
