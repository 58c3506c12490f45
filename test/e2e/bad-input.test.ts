/**
 * Bad input to a running site: a clear answer from the catalogue, and nothing lost. What one part alone answers for is
 * tested beside it: a taken port, a second start and a missing certificate (contract/up), SIP no parser takes
 * (contract/sip-engine-malformed), RTP of a stranger (contract/media-sip), a wrong password (server/http).
 */
import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { deskFrame, type DeskFrame } from '../../protocol/desk.ts';
import type { DialplanStatus } from '../../protocol/rest.ts';
import { siteFiles } from '../../server/config.ts';
import { testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { callSite } from '../support/talks.ts';

const run = promisify(execFile);
let site: TestSite;

beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.stop());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis());
});

/** A call that is answered, hears something and ends well: the site is in order. */
async function callsAreTaken(): Promise<void> {
  const caller = await callSite(site, '');
  await caller.hears(5);
  await caller.hangUp();
  expect((await caller.row('call-ended')).facts).toMatchObject({ cause: 'caller-hangup' });
}

async function dialplan(): Promise<DialplanStatus> {
  return (await site.api('GET', '/api/v1/dialplans')).body as DialplanStatus;
}

describe('a dialplan saved with a mistake', () => {
  it('is refused by place, the plan before stays, and the corrected one is taken', async () => {
    const file = join(site.config.dialplans, 'routes.yaml');
    const good = readFileSync(file, 'utf8');
    const { version } = await dialplan();
    const line = good.split('\n').findIndex((text) => text.includes('queue: support')) + 1;
    writeFileSync(file, good.replace('queue: support', 'queue: suport'));
    await until(async () => (await dialplan()).rejected !== undefined);
    const { rejected, ...status } = await dialplan();
    expect(status.version).toBe(version);
    expect(rejected?.diagnostics).toContainEqual(
      expect.objectContaining({ file: 'routes.yaml', line, severity: 'error' }),
    );
    const column = rejected?.diagnostics.find((each) => each.line === line)?.column ?? 0;
    expect(column).toBeGreaterThan(1);
    const checked = await site.command('dialplan', 'check', site.config.dialplans);
    expect(checked.code).toBe(1);
    expect(checked.stdout + checked.stderr).toContain(`routes.yaml:${line}:${column}`);
    await callsAreTaken();
    writeFileSync(file, good);
    await until(async () => (await dialplan()).rejected === undefined);
    expect((await dialplan()).version).toBe(version);
  });
});

describe('a configuration with a mistake', () => {
  it('stops a start with one line in each language, and leaves the running site alone', async () => {
    const file = join(site.config.home, 'jackfield.yaml');
    appendFileSync(file, 'calls: { country: Chinaa }\n');
    const { code, stderr } = await site.command('up');
    rmSync(file);
    expect(code).toBe(1);
    const [english = '', chinese = '', ...more] = stderr.trimEnd().split('\n');
    expect(more).toEqual([]);
    expect(english).toContain('jackfield.yaml: calls.country:');
    expect(english).toContain('(config-wrong)');
    expect(chinese).toMatch(/\p{Script=Han}/u);
    await callsAreTaken();
  });
});

describe('malformed SIP', () => {
  it('over UDP does not keep the next call from being taken', async () => {
    const peer = await udpPeer();
    for (const text of ['\0\0\0', 'INVITE', 'INVITE sip:x SIP/2.0\r\n\r\n', `${'x'.repeat(9000)}\r\n\r\n`])
      peer.raw(text, site.sipPort);
    await callsAreTaken();
    await peer.close();
  });
});

describe('the desk feed', () => {
  it.each([
    ['what is not JSON', 'hello?', 'not-json'],
    ['a frame nobody knows', '{"type":"sing"}', 'desk-not-understood'],
    ['a hello with a wrong token', '{"type":"hello","token":"wrong"}', 'desk-not-signed-in'],
    ['bytes', Buffer.from([0, 1, 2]), 'not-json'],
  ])('answers %s with a problem in both languages', async (_what, text, code) => {
    const socket = new WebSocket(`${site.url.replace('http', 'ws')}/desk`);
    const frame = await new Promise<DeskFrame>((resolve, reject) => {
      socket.on('open', () => socket.send(text));
      socket.on('message', (data) => resolve(deskFrame.parse(JSON.parse(String(data)))));
      socket.on('error', reject);
    });
    expect(frame).toMatchObject({ type: 'problem', problem: { code } });
    const { title, titleZh } = (frame as Extract<DeskFrame, { type: 'problem' }>).problem;
    expect(title).not.toBe('');
    expect(titleZh).toMatch(/\p{Script=Han}/u);
    socket.terminate();
  });
});

/** Two ways in which the disk takes nothing more, and how each ends. */
const troubles = {
  /** The kernel refuses every byte, as for a disk quota that is used up. */
  full: async () => {
    const pid = String(await site.pidOf('server'));
    await run('prlimit', ['--pid', pid, '--fsize=1:']);
    return () => run('prlimit', ['--pid', pid, '--fsize=unlimited:']);
  },
  locked: () => {
    const database = new DatabaseSync(siteFiles(site.config).database);
    database.exec('BEGIN IMMEDIATE');
    return Promise.resolve(() => {
      database.exec('ROLLBACK');
      database.close();
      return Promise.resolve();
    });
  },
} as const;

async function readyz(): Promise<number> {
  return (await fetch(`${site.url}/readyz`)).status;
}

describe.each(['full', 'locked'] as const)('a disk that is %s', (trouble) => {
  it('refuses new calls with a reason, lets calls in progress go on, and loses none of their rows', async () => {
    const caller = await callSite(site, '');
    await caller.row('prompt-played');
    const relieve = await troubles[trouble]();
    caller.call.press('1');
    await until(async () => (await readyz()) === 503);

    const peer = await udpPeer();
    peer.send('INVITE', site.sipPort, { body: testSdp });
    const refused = await peer.response(503);
    expect(refused.header('Reason')).toContain('ledger');
    expect(refused.header('Retry-After')).toMatch(/^\d+$/);
    await peer.close();
    const contact = { name: 'Li Lei', numbers: [trouble === 'full' ? '+8613912345678' : '+8613912345679'] };
    const problem = await site.api('POST', '/api/v1/contacts', contact);
    expect(problem).toMatchObject({ status: 503, body: { code: 'ledger-not-writable' } });
    // Two more seconds of the call in progress, on its media clock.
    await caller.hears(100);

    await relieve();
    await until(async () => (await readyz()) === 200);
    expect((await caller.row('menu-chosen')).facts).toMatchObject({ digit: '1' });
    await caller.row('queued');
    await caller.hangUp();
    await caller.row('abandoned');
    const verified = await site.command('ledger', 'verify');
    expect(verified).toMatchObject({ code: 0 });
    await callsAreTaken();
    expect(await site.api('POST', '/api/v1/contacts', contact)).toMatchObject({ status: 201 });
  });
});
