/** Trunks of a whole site: what the command line says of them, a call out over one, its daily cap over a restart, strangers. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrunkCard, TrunkSummary } from '../../protocol/trunks.ts';
import { freePort } from '../support/programs.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { type Sipp, startSippCaller, startSippScript } from '../support/sipp.ts';

let site: TestSite;
let carrier: Sipp;
let port: number;

const trunksYaml = (): string => `
trunks:
  phones: { calls: in, addresses: [127.0.0.1] }
  gateway:
    profile: gateway-cn
    calls: out
    targets: ['sip:127.0.0.1:${port}']
    caller-id: { default: '+8653188880000' }
    daily: { minutes: 0.02 }
    test-number: '*43'
  secret:
    profile: ims-cn
    account: { user: us }
    registration: {}
    targets: ['sip:127.0.0.1:9']
outbound:
  china: { prefixes: ['+86'], trunks: [gateway] }
`;
const routes = `
routes:
  away:
    numbers: ['2001']
    start: out
    steps: { out: { transfer: '+8613800138000', otherwise: end }, end: { hangup: busy } }
`;

beforeAll(async () => {
  port = await freePort();
  carrier = await startSippScript({ file: 'trunks/gateway-cn-called.xml', calls: 1000, port, timeoutInSeconds: 300 });
  site = await startSite({
    deaths: true,
    prepare(dialplans) {
      writeFileSync(join(dialplans, 'trunks.yaml'), trunksYaml());
      writeFileSync(join(dialplans, 'away.yaml'), routes);
    },
  });
});
afterAll(async () => {
  await site.stop();
  await carrier.close();
});

async function trunk(id: string): Promise<TrunkSummary | undefined> {
  const { body } = await site.api('GET', '/api/v1/trunks');
  return (body as { items: TrunkSummary[] }).items.find((each) => each.id === id);
}

/** What a test says of the call it made. */
async function callOf(id: string): Promise<string | undefined> {
  const { body } = await site.api('POST', `/api/v1/trunks/${id}/test`, {});
  return (body as TrunkCard).checks.find(({ name }) => name === 'call')?.found;
}

async function calls(): Promise<readonly { readonly id: string; readonly state: string; readonly cause?: string }[]> {
  const { body } = await site.api('GET', '/api/v1/calls');
  return (body as { items: { id: string; state: string; cause?: string }[] }).items;
}

describe('trunks of a site', () => {
  it('are checked with the dialplans, shown, and tested with a grade', async () => {
    expect((await site.command('dialplan', 'check', site.config.dialplans)).code).toBe(0);
    expect(await trunk('secret')).toMatchObject({ state: 'down', trouble: 'no-password' });
    expect((await site.command('trunk', 'list', '--lang', 'zh')).stdout).toContain('缺少密码');
    const { code, stdout } = await site.command('trunk', 'test', 'gateway', '--json');
    const card = JSON.parse(stdout) as TrunkCard;
    expect(card.checks.find(({ name }) => name === 'audio')).toMatchObject({ grade: 'good' });
    expect({ code, grade: card.grade }).toEqual({ code: 0, grade: 'B' });
    expect((await site.command('trunk', 'test', 'nobody')).code).toBe(1);
  });

  it('carry a call out, until the day’s minutes are used; a restart forgets neither', async () => {
    // The test call above talked three seconds; the cap is 1.2: it is the first to be refused after.
    expect((await trunk('gateway'))?.today.minutes).toBeGreaterThan(0.02);
    expect(await callOf('gateway')).toBe('daily-minutes');
    const server = await site.kill('server');
    await site.untilReady('server', server);
    expect((await trunk('gateway'))?.today).toMatchObject({ minutesCap: 0.02 });
    expect(await callOf('gateway')).toBe('daily-minutes');
    writeFileSync(join(site.config.dialplans, 'trunks.yaml'), trunksYaml().replace('minutes: 0.02', 'minutes: 60'));
    await until(async () => (await trunk('gateway'))?.today.minutesCap === 60);
    const caller = await startSippCaller({ port: site.sipPort, called: '2001', talksMs: 500 });
    expect(await caller.finished()).toMatchObject({ successful: 1, complaints: '' });
    await caller.close();
    await until(async () => (await calls())[0]?.state === 'ended');
    const [last] = await calls();
    const story = (await site.api('GET', `/api/v1/calls/${last?.id ?? ''}`)).body as {
      story: { type: string; facts: object }[];
    };
    expect(story.story.find(({ type }) => type === 'trunk-tried')?.facts).toMatchObject({
      trunk: 'gateway',
      attempt: 1,
    });
    expect(story.story.find(({ type }) => type === 'call-invited')?.facts).toMatchObject({ trunk: 'phones' });
    const metrics = await (await fetch(`${site.url}/metrics`)).text();
    expect(metrics).toContain('jackfield_trunk_up{trunk="gateway"} 1');
    expect(metrics).toContain('jackfield_trunk_up{trunk="secret"} 0');
  });

  it('are not for strangers, whatever they call', async () => {
    const before = (await calls()).length;
    for (const called of ['+8653100000', '4711']) {
      const remote = site.sipPort;
      const keys = { called, caller: '+8613900000001' };
      const script = { file: 'trunks/gateway-cn-caller.xml', calls: 1, address: '127.0.0.2', keys, remote };
      const stranger = await startSippScript(script);
      const { successful, messages } = await stranger.finished();
      await stranger.close();
      expect(successful).toBe(0);
      expect(messages).toContain('SIP/2.0 407');
    }
    expect(await calls()).toHaveLength(before);
  });

  it('with a mistake stay as they were, and the mistake is told with its place', async () => {
    appendFileSync(join(site.config.dialplans, 'trunks.yaml'), '  more: { prefixes: ["+1"], trunks: [gatewy] }\n');
    const { code, stdout } = await site.command('dialplan', 'check', site.config.dialplans);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /trunks\.yaml:\d+:\d+: error unknown-trunk: there is no trunk "gatewy" - did you mean "gateway"\?/,
    );
    expect(await trunk('gateway')).toMatchObject({ state: 'up' });
  });
});
