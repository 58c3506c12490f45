/**
 * A registration storm on a whole site: 10,000 phones with digest over UDP, all asked by OPTIONS afterwards, after the death
 * of the server and after that of the engine; then 1,000 pages over WSS whose listener dies. The site has its usual limits.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentSummary, DeviceCredentials } from '../../protocol/rest.ts';
import { Credentials } from '../../server/sip/credentials.ts';
import type { StormAccount, StormResult } from '../../test/support/sip/storm-phones.ts';
import { startSite, type TestSite } from '../../test/support/site.ts';
import type { BenchEntry } from '../entry.ts';
import { meter } from '../processes.ts';
import { quantile } from '../statistics.ts';
import type { StormOrder } from './storm-child.ts';

export interface StormExtent {
  readonly phones: number;
  readonly pages: number;
  /** Registrations begun a second. */
  readonly perSecond: number;
}

/** As the goal is worded. */
export const wholeStorm: StormExtent = { phones: 10_000, pages: 1000, perSecond: 400 };
/** For a run among others. */
export const smallStorm: StormExtent = { phones: 1000, pages: 200, perSecond: 400 };

/** OPTIONS to each phone every so often. */
const pingEveryInSeconds = 30;
/** Whoever has not been asked after so many rounds is missing. */
const rounds = 4;
/** Desk phones of each agent. */
const phonesEach = 5;
/** Accounts made at a time. */
const together = 32;

const agentOf = (at: number): string => `storm-${String(at)}`;

/** The process of the phones. */
class Phones {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #ids = 0;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'storm-child.ts'), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the phones ended'));
    });
    this.#child.on('message', (told) => {
      const { id, value } = told as { id: number; value: unknown };
      this.#waiting.get(id)?.resolve(value);
      this.#waiting.delete(id);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  tell<T>(order: StormOrder): Promise<T> {
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.#child.send({ id, order });
    });
  }

  stop(): void {
    this.#child.disconnect();
  }
}

async function agentsOf(site: TestSite): Promise<readonly AgentSummary[]> {
  const { body } = await site.api('GET', '/api/v1/agents');
  return (body as { items: AgentSummary[] }).items;
}

/** Writes the agents into the running site's dialplans and waits until it has taken them. Milliseconds. */
async function hire(site: TestSite, count: number): Promise<number> {
  const began = performance.now();
  const lines = Array.from({ length: count }, (_, at) => {
    const id = agentOf(at);
    return `  ${id}: { name: Agent ${String(at)}, skills: { support: 3 }, queues: [support], languages: [en-US] }`;
  });
  writeFileSync(join(site.config.dialplans, 'storm.yaml'), `agents:\n${lines.join('\n')}\n`);
  // A server that reads thousands of agents answers nothing else meanwhile.
  const known = (): Promise<number> =>
    agentsOf(site).then(
      (agents) => agents.length,
      () => 0,
    );
  while ((await known()) < count) await pause(500);
  return performance.now() - began;
}

/** Accounts, by the API. */
async function equip(site: TestSite, count: number): Promise<StormAccount[]> {
  const accounts: StormAccount[] = [];
  const numbers = Array.from({ length: count }, (_, at) => at).values();
  const one = async (): Promise<void> => {
    for (const at of numbers) {
      const id = agentOf(Math.floor(at / phonesEach));
      const { body } = await site.api('POST', `/api/v1/agents/${id}/devices`, {
        name: `desk-${String(at % phonesEach)}`,
      });
      const { username, password } = body as DeviceCredentials;
      accounts.push({ username, password, record: username });
    }
  };
  await Promise.all(Array.from({ length: together }, one));
  return accounts;
}

/** Waits until every phone has been asked by OPTIONS and the site shows it as reachable. How many are, and how long it took. */
async function askedAll(site: TestSite, phones: Phones, count: number): Promise<{ there: number; ms: number }> {
  const began = performance.now();
  const limit = began + rounds * pingEveryInSeconds * 1000;
  await phones.tell({ type: 'forget-asked' });
  while ((await phones.tell<number>({ type: 'asked' })) < count && performance.now() < limit) await pause(200);
  const ms = performance.now() - began;
  const reachable = async (): Promise<number> =>
    (await agentsOf(site)).flatMap(({ devices }) => devices.filter((device) => device.reachable)).length;
  while ((await reachable()) < count && performance.now() < limit) await pause(1000);
  const asked = await phones.tell<number>({ type: 'asked' });
  return { there: Math.min(asked, await reachable()), ms };
}

const why = ({ failures }: StormResult): string =>
  Object.entries(failures)
    .map(([status, count]) => `${status}: ${String(count)}`)
    .join(', ') || 'none';

function entry(name: string, value: number, unit: string, better: BenchEntry['better'], detail: string): BenchEntry {
  return { name: `sip/storm-${name}`, value, unit, better, detail };
}

function answeredEntries(
  name: string,
  when: string,
  count: number,
  found: { there: number; ms: number },
): BenchEntry[] {
  return [
    entry(`${name}-missing`, count - found.there, 'phones', 'smaller', `of ${String(count)}, asked by OPTIONS ${when}`),
    entry(
      `${name}-asked`,
      found.ms / 1000,
      's',
      'reference',
      `until all were; every ${String(pingEveryInSeconds)} s each`,
    ),
  ];
}

/** Kills a part and waits until the site is ready again; then all have to answer. */
async function afterDeathOf(part: 'server' | 'sip-engine', site: TestSite, phones: Phones, count: number) {
  const began = performance.now();
  await site.untilReady(part, await site.kill(part));
  const ready = performance.now() - began;
  const found = await askedAll(site, phones, count);
  return [
    entry(`${part}-ready`, ready / 1000, 's', 'smaller', `${part} killed (SIGKILL) until the site is ready`),
    ...answeredEntries(`${part}-death`, `after the ${part} was killed`, count, found),
  ];
}

async function phonesOf(site: TestSite, extent: StormExtent, samples: Record<string, readonly number[]>) {
  const { phones: count, perSecond } = extent;
  const phones = new Phones();
  try {
    const agents = Math.ceil(count / phonesEach);
    const hired = await hire(site, agents);
    const beganMaking = performance.now();
    const accounts = await equip(site, count);
    const made = (performance.now() - beganMaking) / 1000;
    const hosts = Array.from({ length: 40 }, (_, at) => `127.0.20.${String(at + 1)}`);
    const server = { realm: site.config.sip.domain, udp: { host: '127.0.0.1', port: site.sipPort } };
    await phones.tell({ type: 'udp', options: { accounts, server, hosts } });
    const [engine, own] = await Promise.all([site.pidOf('sip-engine'), site.pidOf('server')]);
    const read = meter({ engine, server: own, phones: phones.pid });
    const result = await phones.tell<StormResult>({ type: 'register', perSecond });
    const cpu = read();
    samples['sip/storm-registration'] = result.each;
    const { registered, failed, ms, each, sentAgain } = result;
    const how = `${String(count)} phones of ${String(agents)} agents behind 40 addresses, SHA-256, ${String(perSecond)}/s begun, challenge and answer`;
    return [
      entry('plan', hired / 1000, 's', 'reference', `until a plan with ${String(agents)} agents is live`),
      entry('accounts', count / made, 'accounts/s', 'reference', 'made by POST .../devices, 32 at a time'),
      entry('rate', (registered * 1000) / ms, '/s', 'larger', `${how}; ${String(sentAgain)} messages sent again`),
      entry('failed', failed, 'phones', 'smaller', `of ${String(count)}; ${why(result)}`),
      entry('p50', quantile(each, 0.5), 'ms', 'smaller', 'first REGISTER to 200'),
      entry('p99', quantile(each, 0.99), 'ms', 'smaller', 'first REGISTER to 200'),
      ...Object.entries(cpu).map(([name, used]) =>
        entry(`cpu-${name}`, used / count, 'ms', name === 'phones' ? 'reference' : 'smaller', 'CPU a registration'),
      ),
      ...answeredEntries('options', 'once registered', count, await askedAll(site, phones, count)),
      ...(await afterDeathOf('server', site, phones, count)),
      ...(await afterDeathOf('sip-engine', site, phones, count)),
    ];
  } finally {
    phones.stop();
  }
}

async function pagesOf(site: TestSite, { pages: count }: StormExtent, samples: Record<string, readonly number[]>) {
  const pages = new Phones();
  try {
    const minter = new Credentials(readFileSync(join(site.config.home, 'data', 'credentials.key')));
    const accounts = Array.from({ length: count }, (_, at) => {
      const { username, password } = minter.mint(agentOf(at), Date.now() + 3_600_000);
      return { username, password, record: agentOf(at) };
    });
    const url = `wss://127.0.0.1:${String(site.config.sip.secureWebSocketPort)}`;
    const server = { realm: site.config.sip.domain, url };
    await pages.tell({ type: 'pages', options: { accounts, server, expiresInSeconds: 300, retryMs: 500 } });
    const first = await pages.tell<StormResult>({ type: 'register', perSecond: 0 });
    const again = pages.tell<StormResult>({ type: 'again' });
    await site.kill('sip-engine');
    const limit = AbortSignal.timeout(180_000);
    const back = await Promise.race([
      again,
      new Promise<undefined>((resolve) => limit.addEventListener('abort', () => resolve(undefined))),
    ]);
    samples['sip/storm-pages-back'] = back?.each ?? [];
    const from = 'from one address, over WSS, MD5';
    return [
      entry(
        'pages',
        first.ms / 1000,
        's',
        'smaller',
        `until ${String(count)} pages are registered, ${from}, all at once`,
      ),
      entry('pages-failed', first.failed, 'pages', 'smaller', why(first)),
      entry('pages-back', (back?.ms ?? NaN) / 1000, 's', 'smaller', 'engine killed until the last is registered again'),
      entry('pages-back-p50', quantile(back?.each ?? [NaN], 0.5) / 1000, 's', 'smaller', 'the same for the middle one'),
      entry(
        'pages-missing',
        count - (back?.registered ?? 0),
        'pages',
        'smaller',
        `refused and asked again: ${back === undefined ? '-' : why(back)}`,
      ),
    ];
  } finally {
    pages.stop();
  }
}

/** Measures on a site of its own with its usual limits. */
export async function registrationStorm(
  extent: StormExtent,
  samples: Record<string, readonly number[]>,
): Promise<BenchEntry[]> {
  const site = await startSite({
    asShipped: true,
    environment: { JACKFIELD_SIP_REGISTRATIONS_PING_EVERY_IN_SECONDS: String(pingEveryInSeconds) },
  });
  try {
    const phones = await phonesOf(site, extent, samples);
    return [...phones, ...(await pagesOf(site, extent, samples))];
  } finally {
    await site.stop();
  }
}
