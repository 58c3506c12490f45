/** Many devices at once, small: `npm run bench storm` and `npm run soak` do it with 10,000 phones and 1,000 pages. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Binding, Remembered } from '../../server/sip/index.ts';
import { EngineProgram } from '../support/sip/engine-program.ts';
import { realm, startSide, testAccount, type TestSide } from '../support/sip/registering.ts';
import { Storm } from '../support/sip/storm-phones.ts';

const phones = 300;
const pages = 50;
const names = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${String(at)}`);
const accounts = names(phones, 'phone-').map((name, at) => testAccount(name, `agent-${String(at)}`));
const secret = 'storm-secret';
// What a site has unless it says otherwise (`sip.protection`): all these phones come from one address.
const protection = ['--source-messages', '100', '--source-transactions', '50', '--source-open', '1000'];
protection.push('--stranger-messages', '2000', '--stranger-transactions', '300', '--stranger-open', '4000');

let folder: string;
let engine: EngineProgram;
const sides: TestSide[] = [];
const storms: Storm[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-storm-'));
  engine = new EngineProgram({ journal: join(folder, 'journal'), secret, options: protection });
  await engine.start();
});
afterEach(() => {
  for (const storm of storms.splice(0)) storm.close();
  for (const { sip } of sides.splice(0)) sip.close();
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function side(pingEveryInSeconds: number, remembered?: Remembered): Promise<TestSide> {
  const made = await startSide(engine, secret, accounts, { pingEveryInSeconds }, remembered);
  sides.push(made);
  return made;
}

async function engineDies(): Promise<void> {
  await engine.kill();
  await engine.start();
}

const bindingsOf = ({ registered }: TestSide): Binding[] => [...registered.values()].flat();

/** Resolves when every phone has been asked by OPTIONS from now on, and counts as reachable. */
async function allAnswer(storm: Storm, { sip }: TestSide): Promise<void> {
  storm.forgetAsked();
  const there = (): number =>
    accounts.filter(({ origin }) => origin.type === 'agent' && sip.devicesOf(origin.agentId)[0]?.reachable === true)
      .length;
  await expect.poll(() => [storm.asked, there()], { timeout: 50_000, interval: 50 }).toEqual([phones, phones]);
}

it(`${String(phones)} phones behind one NAT register at once, and all answer OPTIONS: then, after the death of the server, and of the engine`, async () => {
  const first = await side(2);
  const storm = await Storm.udp({
    accounts: accounts.map(({ username }) => ({ username, record: username, password: username.repeat(2) })),
    server: { realm, udp: { host: '127.0.0.1', port: engine.port('udp') } },
    hosts: ['127.0.11.1'],
    t1: 500,
  });
  storms.push(storm);
  const { registered, failures } = await storm.register();
  expect({ registered, failures }).toEqual({ registered: phones, failures: {} });
  await allAnswer(storm, first);

  const kept = bindingsOf(first);
  sides.splice(0);
  first.sip.close();
  const second = await side(2, { dialogs: [], bindings: kept });
  await allAnswer(storm, second);

  await engineDies();
  await allAnswer(storm, second);
  // Whoever has registered from there makes its neighbours welcome: a second storm is no stranger's.
  expect((await storm.register()).registered).toBe(phones);
});

it(`${String(pages)} pages connected at once register again by themselves after the death of the engine`, async () => {
  const { sip, registered } = await side(0);
  const made = names(pages, 'page-').map((agentId) => {
    const { username, password } = sip.mint(agentId, Date.now() + 600_000);
    return { username, password, record: agentId };
  });
  const url = `ws://127.0.0.1:${String(engine.port('ws'))}`;
  const storm = Storm.webSockets({ accounts: made, server: { realm, url }, expiresInSeconds: 600, retryMs: 100 });
  storms.push(storm);
  const first = await storm.register();
  expect({ registered: first.registered, failures: first.failures }).toEqual({ registered: pages, failures: {} });
  const before = names(pages, 'page-').map((agentId) => registered.get(agentId)?.[0]?.contact);

  const again = storm.again();
  await engineDies();
  const { registered: back, failures } = await again;
  // A new engine says 503 until the server has come to it; nobody is refused otherwise.
  const refused = Object.keys(failures).filter((status) => status !== '503');
  expect({ back, refused }).toEqual({ back: pages, refused: [] });
  const after = names(pages, 'page-').map((agentId) => registered.get(agentId)?.map(({ contact }) => contact));
  expect(after.map((contacts) => contacts?.length)).toEqual(Array.from({ length: pages }, () => 1));
  expect(after.flat().filter((contact) => before.includes(contact))).toEqual([]);
});
