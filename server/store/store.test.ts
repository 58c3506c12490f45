import { afterEach, beforeEach, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { LedgerBench } from '../../test/support/ledger-bench.ts';
import type { Ledger, LedgerOptions } from '../ledger/ledger.ts';
import { openStore, type Store } from './index.ts';

let bench: LedgerBench;
let options: LedgerOptions;
let ledger: Ledger;
let store: Store;
const clock = new SimulatedClock(1_000);

beforeEach(async () => {
  bench = new LedgerBench();
  options = bench.folder();
  ledger = await bench.open(options);
  store = openStore(ledger, clock, { passwordCost: 8 });
});
afterEach(() => bench.scope.close());

const alice = { id: 'alice', login: 'Alice', name: 'Alice Wang', role: 'agent', demo: true } as const;

it('knows an account by name and password, in any case', async () => {
  await store.accounts.put(alice, 'correct horse');
  expect(await store.accounts.check('alice', 'correct horse')).toEqual(alice);
  expect(await store.accounts.check('alice', 'wrong')).toBeUndefined();
  expect(await store.accounts.check('nobody', 'wrong')).toBeUndefined();
  await store.accounts.put(alice, 'another');
  expect(await store.accounts.check('ALICE', 'correct horse')).toBeUndefined();
  expect(store.accounts.list()).toEqual([alice]);
});

it('issues tokens that outlive a restart, expire and can be revoked', async () => {
  await store.accounts.put(alice, 'x');
  const { token, expiresAt } = await store.accounts.issueToken('alice', 10_000);
  expect(expiresAt).toBe(clock.now() + 10_000);
  await ledger.close();
  ledger = await bench.open(options);
  store = openStore(ledger, clock, { passwordCost: 8 });
  expect(store.accounts.byToken(token)).toEqual(alice);
  expect(store.accounts.byToken(`${token}x`)).toBeUndefined();
  clock.advance(10_000);
  expect(store.accounts.byToken(token)).toBeUndefined();
  const second = await store.accounts.issueToken('alice', 10_000);
  await store.accounts.revokeToken(second.token);
  expect(store.accounts.byToken(second.token)).toBeUndefined();
  expect(ledger.reader.all('SELECT * FROM tokens')).toEqual([]);
});

it('finds a contact by any of its numbers, and never stores them in clear', async () => {
  const put = await store.contacts.put({
    name: 'Zhang San',
    numbers: ['+8613800000000', '+85212345678'],
    notes: 'vip',
  });
  expect(put.type).toBe('created');
  expect(store.contacts.find('+85212345678')).toMatchObject({ name: 'Zhang San', notes: 'vip' });
  expect(store.contacts.find('+8613800000001')).toBeUndefined();
  expect(store.contacts.list(10)).toHaveLength(1);
  const stored = JSON.stringify([
    ledger.reader.all('SELECT * FROM contacts'),
    ledger.reader.all('SELECT * FROM subject_keys'),
  ]);
  expect(stored).not.toMatch(/Zhang|13800000000|12345678/);
});

it('makes one contact of one person', async () => {
  const first = await store.contacts.put({ name: 'Zhang', numbers: ['+861'] });
  const again = await store.contacts.put({ name: 'Zhang San', numbers: ['+862', '+861'] });
  expect(again).toMatchObject({ type: 'updated', contact: { name: 'Zhang San', numbers: ['+861', '+862'] } });
  expect(store.contacts.list(10)).toHaveLength(1);
  await store.contacts.put({ name: 'Li', numbers: ['+863'] });
  const conflict = await store.contacts.put({ name: 'Both', numbers: ['+861', '+863'] });
  expect(conflict.type).toBe('conflict');
  expect(store.contacts.find('+861')).toMatchObject({
    id: first.type === 'created' && first.contact.id,
    name: 'Zhang San',
  });
  expect(ledger.rows().map(({ type }) => type)).toEqual(['contact-created', 'contact-updated', 'contact-created']);
});

it('lists contacts page by page, newest first', async () => {
  for (const n of [1, 2, 3]) await store.contacts.put({ name: `n${n}`, numbers: [`+86${n}`] });
  const page = store.contacts.list(2);
  expect(page.map(({ name }) => name)).toEqual(['n3', 'n2']);
  expect(store.contacts.list(2, page[1]?.id).map(({ name }) => name)).toEqual(['n1']);
});

it('keeps legs sealed until they are removed', async () => {
  const subject = ledger.subjectOf('+8613800000000');
  const leg = { id: 'leg1', callId: 'c1', state: { sdp: 'v=0', from: '+8613800000000' } };
  await store.legs.put({ ...leg, subject }).written;
  await ledger.append([], [], { statements: [store.legs.putting({ ...leg, id: 'leg2', callId: 'c2', subject })] })
    .written;
  expect(store.legs.ofCall('c1')).toEqual([leg]);
  expect(store.legs.all()).toHaveLength(2);
  await store.legs.removeCall('c2').written;
  await store.legs.remove('leg1').written;
  expect(store.legs.all()).toEqual([]);
});

it('erases a person with every number, contact, leg and snapshot', async () => {
  const subject = ledger.subjectOf('+85212345678');
  await store.contacts.put({ name: 'Zhang San', numbers: ['+8613800000000', '+85212345678'] });
  const row = {
    type: 'call-invited',
    at: 1,
    callId: 'c1',
    facts: {},
    personal: { subject, fields: { from: '+85212345678' } },
  };
  await ledger.append([row], [{ kind: 'call', id: 'c1', version: 1, state: { from: '+85212345678' }, subject }])
    .written;
  await store.legs.put({ id: 'l', callId: 'c1', subject, state: {} }).written;
  expect(await ledger.erase('+86 138-0000-0000')).toEqual({ found: true, rows: 1, scrubbed: true });
  expect(store.contacts.list(10)).toEqual([]);
  expect(store.contacts.find('+85212345678')).toBeUndefined();
  expect(store.legs.all()).toEqual([]);
  expect(ledger.snapshots('call')).toEqual([]);
  const [called] = ledger.rows({ callId: 'c1' });
  expect(called).toMatchObject({ erased: true });
  expect(called?.personal).toBeUndefined();
  expect(await ledger.verify()).toMatchObject({ ok: true });
  expect(await ledger.erase('+8613800000000')).toMatchObject({ found: false });
});

it('counts epochs over restarts', async () => {
  expect(await store.meta.nextEpoch()).toBe(1);
  expect(await store.meta.nextEpoch()).toBe(2);
  await ledger.close();
  ledger = await bench.open(options);
  expect(await openStore(ledger, clock).meta.nextEpoch()).toBe(3);
});
