import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { type Ledger, openLedger } from './ledger/index.ts';
import { Phones } from './phones.ts';
import { Rows } from './rows.ts';
import type { Binding } from './sip/index.ts';
import { openStore } from './store/index.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const clock = new SimulatedClock(1_000_000);
let folder: string;
let ledger: Ledger;
let phones: Phones;
let changed: string[];
let removed: string[];

function open(): Promise<Ledger> {
  const files = { file: join(folder, 'db'), keyFile: join(folder, 'key') };
  return openLedger({ ...files, node: 'n', clock, logger: silentLogger });
}

function makePhones(realm = 'jackfield.local'): Phones {
  return new Phones({
    ...{ clock, realm, rows: new Rows(ledger, clock), store: openStore(ledger, clock), server: '127.0.0.1:5060' },
    isAgent: (id) => ['alice', 'bob', 'alice-desk2'].includes(id),
    hasVideo: (id) => id !== 'bob',
    changed: (agentId) => changed.push(agentId),
    removed: (agentId, username) => removed.push(`${agentId} ${username}`),
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-phones-'));
  ledger = await open();
  changed = [];
  removed = [];
  phones = makePhones();
});

afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

function binding(id: string, change: Partial<Binding> = {}): Binding {
  return {
    ...{ id, agentId: 'alice', record: 'alice', account: 'alice~1', device: null, kind: 'webrtc' },
    ...{ contact: `sip:${id}@x.invalid`, instance: null, regId: null, callId: id, cseq: 1, path: [], transport: 'ws' },
    ...{
      source: '127.0.0.1:1',
      flow: 'tcp/127.0.0.1:1',
      userAgent: 'page',
      since: 1,
      refreshedAt: 1,
      expiresAt: 9e15,
      reachable: true,
    },
    ...change,
  };
}
const page = binding('page');
const desk = binding('desk', { kind: 'sip', device: 'desk', account: 'alice-desk', userAgent: 'phone' });

describe('accounts of desk phones', () => {
  it('outlive a restart without their passwords, each name once for an agent', async () => {
    const made = await phones.add('alice', 'desk');
    expect(made).toMatchObject({ ok: true, value: { username: 'alice-desk', domain: 'jackfield.local' } });
    const password = made.ok ? made.value.password : '';
    expect(password).toMatch(/^[a-z2-9]{20}$/);
    expect(await phones.add('alice', 'Desk')).toMatchObject({ ok: false, error: { code: 'device-exists' } });
    expect(await phones.add('eve', 'desk')).toMatchObject({ ok: false, error: { code: 'not-found' } });
    await ledger.close();
    ledger = await open();
    phones = makePhones();
    expect(phones.accountsOf('alice')).toMatchObject([{ username: 'alice-desk', name: 'desk', createdAt: 1_000_000 }]);
    expect(JSON.stringify(phones.accountsOf('alice'))).not.toContain(password);
    expect(phones.accountOf('alice-desk')).toMatchObject({ origin: { agentId: 'alice' }, device: 'desk' });
  });

  it('have user names that are nobody else’s, whatever the device is called', async () => {
    const names = ['家里', 'desk', 'Küche 2', 'desk.'];
    const made = await Promise.all(names.map((name) => phones.add('alice', name)));
    expect(made.map((each) => each.ok && each.value.username)).toEqual([
      ...['alice-phone', 'alice-desk', 'alice-k-che-2', 'alice-desk3'],
    ]);
  });

  it('are gone with their registrations', async () => {
    await phones.add('alice', 'desk');
    expect(await phones.remove('bob', 'desk')).toMatchObject({ ok: false });
    expect(await phones.remove('alice', 'DESK')).toEqual({ ok: true, value: undefined });
    expect([phones.accountOf('alice-desk'), removed]).toEqual([undefined, ['alice alice-desk']]);
  });

  it('of another domain are none: the digests would not fit', async () => {
    await phones.add('alice', 'desk');
    expect(makePhones('other.example').accountOf('alice-desk')).toBeUndefined();
  });
});

describe('what is rung', () => {
  it.each([
    ['all', ['page', 'desk']],
    ['softphone', ['page']],
    ['desk', ['desk']],
  ] as const)('%s: %j, and the choice is kept', (ring, rung) => {
    phones.bindingsChanged('alice', [page, desk]);
    phones.choose('alice', ring);
    expect(phones.toRing('alice').map(({ deviceId }) => deviceId)).toEqual(rung);
    expect(phones.phonesOf('alice').ring).toBe(ring);
  });

  it('is no phone that does not answer', () => {
    phones.bindingsChanged('alice', [page, { ...desk, reachable: false }]);
    expect(phones.toRing('alice')).toEqual([{ deviceId: 'page', kind: 'webrtc', name: null, flow: 'tcp/127.0.0.1:1' }]);
    expect(phones.phonesOf('alice').devices).toMatchObject([
      { kind: 'softphone', reachable: true },
      { kind: 'desk', name: 'desk', reachable: false },
    ]);
  });

  it('has no pictures at the pages of an agent who is to have none', () => {
    phones.bindingsChanged('bob', [page, desk]);
    const pages = [phones.toRing('bob'), phones.pagesOf('bob')].map(([first]) => first);
    expect(pages).toMatchObject([
      { deviceId: 'page', video: false },
      { deviceId: 'page', video: false },
    ]);
    phones.bindingsChanged('alice', [page]);
    expect(phones.toRing('alice')[0]).not.toHaveProperty('video');
  });

  it('is kept over a restart', async () => {
    phones.choose('alice', 'desk');
    await ledger.close();
    ledger = await open();
    expect(makePhones().ringOf('alice')).toBe('desk');
  });
});

describe('registrations', () => {
  it('are told when something can be seen of it, and written together', async () => {
    phones.bindingsChanged('alice', [page]);
    phones.bindingsChanged('alice', [{ ...page, expiresAt: 8e15, cseq: 2 }]);
    phones.bindingsChanged('bob', [binding('b', { agentId: 'bob' })]);
    expect(changed).toEqual(['alice', 'bob']);
    phones.close();
    await ledger.append([], []).durable;
    const kept = ledger.snapshots('registration').map(({ id, state }) => [id, state]);
    expect(kept).toMatchObject([
      ['alice', { bindings: [{ id: 'page', cseq: 2 }] }],
      ['bob', { bindings: [{ id: 'b' }] }],
    ]);
    phones.bindingsChanged('alice', []);
    clock.advance(1000);
    await ledger.append([], []).durable;
    expect(ledger.snapshots('registration').map(({ id }) => id)).toEqual(['bob']);
  });
});
