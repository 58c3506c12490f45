import i18next from 'i18next';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { initReactI18next } from 'react-i18next';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeskCall, DeskTransfer } from '../../../protocol/desk.ts';
import type { Joined } from '../join.ts';
import { en } from '../i18n/en.ts';
import { CallControls } from './call-controls.tsx';
import type { DeskActions } from './use-desk-actions.ts';

// The look of a button does not matter here, and takes ten seconds to load on a busy machine.
vi.mock('antd', () => ({
  Tooltip: ({ children }: { children: ReactNode }) => children,
  Button: ({ 'aria-keyshortcuts': key }: { 'aria-keyshortcuts'?: string }) => <button aria-keyshortcuts={key} />,
}));
vi.mock('@ant-design/icons', () => {
  const names = ['AudioMuted', 'Audio', 'Border', 'CaretRight', 'Check', 'Close', 'Pause', 'Phone', 'PlayCircle'];
  const outlined = [...names, 'Retweet', 'Rollback', 'Swap', 'Table', 'Team'].map((name) => `${name}Outlined`);
  return Object.fromEntries([...outlined, 'PhoneFilled'].map((name) => [name, () => null]));
});

beforeAll(() => i18next.use(initReactI18next).init({ lng: 'en', resources: { en: { translation: en } } }));

const call: DeskCall = {
  ...{ callId: 'c', offerId: 'o', direction: 'inbound', state: 'talking', from: { number: '+861' }, to: '+862' },
  ...{ pressed: [], offeredAt: 1, muted: false, heldByPeer: false, language: 'en-US', transcript: [], alerts: [] },
  recording: 'on',
};
const transfer = (type: DeskTransfer['type'], more: Partial<DeskTransfer>): DeskCall => ({
  ...call,
  transfer: { to: '+863', type, stage: 'ringing', ...more },
});
const consult = (more: Partial<DeskTransfer>): DeskCall => transfer('attended', { stage: 'talking', ...more });
const talking = (details: DeskCall): Joined => ({ type: 'talking', details });

/** Every state of the card that has buttons. */
const states: readonly (readonly [string, Joined])[] = [
  ['ringing', { type: 'ringing', details: call }],
  ['offered', { type: 'details-only', details: call }],
  ['dialling', { type: 'dialling', details: call }],
  ['audio lost', { type: 'audio-lost', details: call }],
  ['talking', talking(call)],
  ['talking, details to come', { type: 'talking' }],
  ['on hold', talking({ ...call, state: 'held', muted: true })],
  ['talking on a desk phone', { type: 'elsewhere', details: call }],
  ['handing over', talking(transfer('blind', {}))],
  ['handing over failed', talking(transfer('blind', { stage: 'failed' }))],
  ['a consultation rings', talking(transfer('attended', {}))],
  ['with the target', talking(consult({ with: 'target' }))],
  ['with the caller', talking(consult({ with: 'caller' }))],
  ['two lines of a desk phone', { type: 'elsewhere', details: consult({}) }],
  ['the caller has left', talking(consult({ with: 'target', callerLeft: true }))],
  ['supervising', talking({ ...call, supervising: { mode: 'listen', ringing: false } })],
  ['somebody is added', talking(consult({ stage: 'ringing', joins: true }))],
  ['a conference', talking({ ...call, conference: [] })],
  ['a guest of a conference', talking({ ...call, conference: [], host: { id: 'bob' } })],
  ['consulted', talking({ ...call, transferredBy: 'bob', consulted: true, consultation: 'talks' })],
];

const nothing = (): undefined => undefined;
const actions = new Proxy({ muted: false }, { get: (target, name) => (name in target ? target.muted : nothing) });
const closed = { shown: false, toggle: nothing };

function keysOf(joined: Joined): string[] {
  const html = renderToStaticMarkup(
    <CallControls joined={joined} actions={actions as unknown as DeskActions} keypad={closed} transfer={closed} />,
  );
  return [...html.matchAll(/aria-keyshortcuts="([^"]*)"/g)].map(([, key = '']) => key);
}

describe('the buttons of a call', () => {
  it.each(states)('share no key: %s', (_name, joined) => {
    const keys = keysOf(joined);
    expect(keys.length).toBeGreaterThan(0);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
