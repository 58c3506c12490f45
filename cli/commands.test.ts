/** The commands against a server that is only a table of answers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeProblem } from '../protocol/problems/index.ts';
import type { AgentSummary, CallSummary } from '../protocol/rest.ts';
import { register as registerAgent } from './agent.ts';
import { register as registerCall } from './call.ts';
import { register as registerDialplan } from './dialplan.ts';
import { register as registerErase } from './erase.ts';
import { register as registerLedger } from './ledger.ts';
import { register as registerQueue } from './queue.ts';
import { register as registerRules } from './rules.ts';
import { register as registerStatus } from './status.ts';
import type { Terminal } from './terminal.ts';
import type { Language } from './texts/text.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body: string;
}

type Answers = Readonly<Record<string, (request: Request) => { readonly status?: number; readonly body: unknown }>>;

let root: string;
let server: Server | undefined;
let requests: Request[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jackfield-cli-'));
  mkdirSync(join(root, 'dialplans'));
  requests = [];
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

function leaveRunFile(text: string): void {
  mkdirSync(join(root, '.jackfield', 'run'), { recursive: true });
  writeFileSync(join(root, '.jackfield', 'run', 'server.json'), text);
}

/** Answers by `METHOD /path`; the query is not looked at. */
async function serve(answers: Answers): Promise<string> {
  server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        token: incoming.headers.authorization ?? '',
        body: Buffer.concat(chunks).toString(),
      };
      requests.push(request);
      const answer = answers[`${request.method} ${request.path.split('?')[0] ?? ''}`]?.(request);
      outgoing.statusCode = answer === undefined ? 404 : (answer.status ?? 200);
      outgoing.end(JSON.stringify(answer?.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  leaveRunFile(JSON.stringify({ url, token: 't0ken', pid: 1 }));
  return url;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `jackfield ARGS...` in this process. */
async function jackfield(args: readonly string[], language: Language = 'en'): Promise<Outcome> {
  let [code, out, err] = [0, '', ''];
  const terminal: Terminal = {
    language,
    interactive: false,
    root,
    out: (line) => (out += `${line}\n`),
    err: (line) => (err += `${line}\n`),
    live: () => undefined,
    end: (exitCode) => (code = exitCode),
  };
  const program = new Command('jackfield').exitOverride().configureOutput({
    writeOut: (text) => (out += text),
    writeErr: (text) => (err += text),
  });
  const nouns = [registerAgent, registerCall, registerDialplan, registerErase];
  nouns.push(registerLedger, registerQueue, registerRules, registerStatus);
  for (const register of nouns) register(program, terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? 0 : 2;
  }
  return { code, out, err };
}

const agent: AgentSummary = {
  id: 'alice',
  name: '陈爱丽',
  presence: 'paused',
  pauseReason: 'break',
  activity: 'idle',
  since: 1000,
  registered: true,
  ring: 'all',
  devices: [],
};
const call: CallSummary = {
  direction: 'inbound',
  id: '01M81BP6VP1CD366BS46KD4BRT',
  startedAt: 1000,
  from: '+8613800000000',
  fromName: '张三',
  to: '+8653100000',
  state: 'ended',
  queue: 'support',
  agent: 'alice',
  answeredAt: 9000,
  endedAt: 60_000,
  waitedMs: 8000,
  talkedMs: 51_000,
  cause: 'caller-hangup',
  alerts: 1,
};

const credentials = {
  ...{ agent: 'alice', name: 'home', username: 'alice-home', password: 'secret' },
  ...{ domain: 'jackfield.local', server: '192.0.2.1:5060' },
};

describe('desk phones', () => {
  const path = '/api/v1/agents/alice/devices';
  const device = { id: 'd1', kind: 'desk', name: 'desk', userAgent: 'phone 1', reachable: false, since: 1000 } as const;

  it('are added: what to type in is printed once', async () => {
    await serve({ [`POST ${path}`]: () => ({ status: 201, body: credentials }) });
    const credentialLines = await jackfield(['agent', 'device', 'add', 'alice', '--name', 'home']);
    expect(requests[0]?.body).toBe('{"name":"home"}');
    for (const each of ['alice-home', 'secret', '192.0.2.1:5060']) expect(credentialLines.out).toContain(each);
    expect((await jackfield(['agent', 'device', 'add', 'alice'], 'zh')).out).toContain('密码不再显示');
  });

  it('are listed with what is registered, and one that does not answer is shown so', async () => {
    const account = { name: 'desk', username: 'alice-desk', createdAt: 1000, registered: [device] };
    const dead = { ...agent, devices: [device] };
    await serve({
      [`GET ${path}`]: () => ({ body: { items: [account] } }),
      'GET /api/v1/agents': () => ({ body: { items: [dead] } }),
      'GET /api/v1/calls': () => ({ body: { items: [] } }),
    });
    expect((await jackfield(['agent', 'device', 'list', 'alice'])).out).toMatch(
      /desk +alice-desk +does not answer +phone 1/,
    );
    expect((await jackfield(['agent', 'list'])).out).toContain('registered, 1 not answering');
    expect((await jackfield(['agent', 'show', 'alice'], 'zh')).out).toMatch(/desk +无应答.*phone 1/);
    expect((await jackfield(['agent', 'device', 'list', 'eve'])).code).toBe(1);
  });

  it('are removed, and which are rung is chosen', async () => {
    await serve({
      [`DELETE ${path}/desk`]: () => ({ body: {} }),
      'POST /api/v1/agents/alice/ring': () => ({ body: { ...agent, ring: 'desk' } }),
    });
    expect((await jackfield(['agent', 'device', 'remove', 'alice'])).code).toBe(0);
    expect((await jackfield(['agent', 'ring', 'alice', 'desk'])).out).toContain('rings the desk phones only');
    expect(requests.map(({ method }) => method)).toEqual(['DELETE', 'POST']);
    expect((await jackfield(['agent', 'device', 'remove', 'alice', '--name', 'x'])).code).toBe(1);
  });
});

describe('finding the server', () => {
  it.each([
    ['no run file', undefined],
    ['a run file that is no JSON', 'oops'],
    ['a run file without a token', '{"url":"http://127.0.0.1:1"}'],
    ['a server that is gone', '{"url":"http://127.0.0.1:1","token":"t"}'],
  ])('says with exit code 3 that nothing runs: %s', async (_what, text) => {
    if (text !== undefined) leaveRunFile(text);
    const { code, err } = await jackfield(['status']);
    expect([code, err]).toEqual([3, expect.stringContaining('Jackfield does not run here')]);
    expect(err.trimEnd().split('\n').length).toBeLessThan(4);
    expect((await jackfield(['status'], 'zh')).err).toContain('未在此处运行');
  });

  it('does not take a strange answer for a good one', async () => {
    await serve({ 'GET /api/v1/agents': () => ({ body: { items: [{ id: 7 }] } }) });
    const { code, err } = await jackfield(['agent', 'list']);
    expect([code, err]).toEqual([1, expect.stringContaining('/api/v1/agents')]);
  });

  it('tells the server’s own problem in the reader’s language', async () => {
    const problem = makeProblem('wrong-credentials');
    await serve({ 'GET /api/v1/agents': () => ({ status: 401, body: problem }) });
    expect(await jackfield(['agent', 'list'])).toMatchObject({ code: 1, err: expect.stringContaining(problem.title) });
    expect((await jackfield(['agent', 'list'], 'zh')).err).toContain(problem.titleZh);
  });
});

describe('status', () => {
  const answers = (ready: boolean): Answers => ({
    'GET /readyz': () => ({ status: ready ? 200 : 503, body: { ready, parts: { ledger: { ready, detail: 'disk' } } } }),
    'GET /api/v1/dialplans': () => ({ body: { folder: 'dialplans', files: [], version: 'abc', loadedAt: 1 } }),
    'GET /api/v1/agents': () => ({ body: { items: [agent] } }),
    'GET /api/v1/queues': () => ({ body: { items: [] } }),
    'GET /api/v1/calls': () => ({ body: { items: [] } }),
  });

  it('is 0 when all is up and 1 when a part is down', async () => {
    const url = await serve(answers(true));
    expect(await jackfield(['status'])).toMatchObject({ code: 0, out: expect.stringContaining(`ready at ${url}`) });
    expect(requests[0]?.token).toBe('Bearer t0ken');
    server?.close();
    await serve(answers(false));
    expect(await jackfield(['status'])).toMatchObject({ code: 1, out: expect.stringContaining('DOWN') });
    const { out } = await jackfield(['status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ readiness: { ready: false } });
  });
});

describe('calls', () => {
  const story = { at: 1000, facts: { to: '+8653100000' }, personal: { from: '+86138' }, erased: false, id: 'r1' };
  const shown = {
    [`GET /api/v1/calls/${call.id}`]: () => ({ body: { ...call, story: [{ ...story, type: 'call-invited' }] } }),
  };

  it('are listed page by page up to the limit', async () => {
    await serve({
      'GET /api/v1/calls': ({ path }) =>
        path.includes('cursor=')
          ? { body: { items: [{ ...call, id: 'second' }] } }
          : { body: { items: [call], next: call.id } },
    });
    const { out } = await jackfield(['call', 'list', '--limit', '5', '--queue', 'support']);
    expect(out.split('\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^01M81BP6VP1CD366BS46KD4BRT .* \+8613800000000 张三 .* 0:08 +0:51 +1 {2}caller-hangup/),
      expect.stringMatching(/^second /),
    ]);
    expect(requests.map(({ path }) => path)).toEqual([
      '/api/v1/calls?queue=support&limit=5',
      `/api/v1/calls?queue=support&limit=4&cursor=${call.id}`,
    ]);
  });

  it.each(['last', '01M81', 'kd4brt', call.id])('are found by %s', async (given) => {
    await serve({ ...shown, 'GET /api/v1/calls': () => ({ body: { items: [call] } }) });
    const { code, out } = await jackfield(['call', 'show', given]);
    expect([code, out]).toEqual([0, expect.stringMatching(/\+0\.000 {2}call-invited {2}to=\+8653100000 from=\+86138/)]);
  });

  it.each(['last', '01M81', 'kd4brt', call.id])('have their recordings found by %s', async (given) => {
    await serve({
      'GET /api/v1/calls': () => ({ body: { items: [call] } }),
      [`POST /api/v1/calls/${call.id}/recording`]: () => ({ status: 202, body: {} }),
      [`PUT /api/v1/calls/${call.id}/recording/hold`]: () => ({ body: {} }),
    });
    expect((await jackfield(['call', 'record', given, 'pause'])).code).toBe(0);
    expect((await jackfield(['call', 'recording', given, '--hold', 'on'])).code).toBe(0);
    expect(requests.filter(({ method }) => method !== 'GET')).toHaveLength(2);
  });

  it('are not guessed', async () => {
    await serve({ 'GET /api/v1/calls': () => ({ body: { items: [call, { ...call, id: '01M81X' }] } }) });
    expect(await jackfield(['call', 'show', '01M81'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('01M81X'),
    });
    expect(await jackfield(['call', 'hangup', 'zz'])).toMatchObject({ code: 1, err: expect.stringContaining('zz') });
  });

  it('have members who are made softer, by numbers below zero too', async () => {
    const conference = `/api/v1/calls/${call.id}/conference`;
    const bob = { id: 'm1', to: 'bob', type: 'agent', by: 'alice', since: 1, muted: false, gainDb: 0 };
    await serve({
      [`GET ${conference}`]: () => ({ body: { items: [bob] } }),
      [`PUT ${conference}/m1`]: () => ({ status: 202, body: {} }),
    });
    expect((await jackfield(['call', 'conference', 'gain', call.id, 'agent:bob', '-6'])).code).toBe(0);
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toEqual({ gainDb: -6 });
    const refused = await jackfield(['call', 'conference', 'gain', call.id, 'bob', '-60']);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('-30') });
  });

  it('are hung up', async () => {
    await serve({ [`POST /api/v1/calls/${call.id}/hangup`]: () => ({ status: 202, body: {} }) });
    expect((await jackfield(['call', 'hangup', call.id])).code).toBe(0);
  });
});

describe('call dial', () => {
  const answers = (story: object): Answers => ({
    'POST /api/v1/calls': () => ({ status: 202, body: { id: call.id } }),
    [`GET /api/v1/calls/${call.id}`]: () => ({ body: { ...call, story: [], ...story } }),
  });

  it('lets an agent call, and shows no number of the demo caller', async () => {
    await serve(answers({}));
    const { code, out } = await jackfield(['call', 'dial', 'alice', '10086', '--queue', 'support']);
    expect([code, out]).toEqual([0, expect.stringContaining(call.id)]);
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toEqual({ agentId: 'alice', to: '10086', queue: 'support' });
    await jackfield(['call', '--from', '+8653100000', 'dial', 'alice', '10086']);
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toMatchObject({ from: '+8653100000' });
  });

  it('waits for what becomes of it', async () => {
    const { answeredAt: _a, ...unanswered } = call;
    const row = { id: 'r', at: 1, type: 'dial-failed', facts: { status: 486 }, erased: false };
    await serve({ ...answers({}), ...answers({ ...unanswered, answeredAt: undefined, cause: 'busy', story: [row] }) });
    const { code, out } = await jackfield(['call', 'dial', 'alice', '10086', '--wait'], 'zh');
    expect([code, out]).toEqual([1, expect.stringContaining('对方正忙 (SIP 486)')]);
    await serve(answers({}));
    expect(await jackfield(['call', 'dial', 'alice', '10086', '--wait'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('has answered'),
    });
  });
});

describe('agents and queues', () => {
  it('change the state of an agent', async () => {
    await serve({
      'GET /api/v1/agents': () => ({ body: { items: [agent] } }),
      'POST /api/v1/agents/alice/state': () => ({ body: agent }),
    });
    expect((await jackfield(['agent', 'pause', 'alice', '--reason', 'meal'], 'zh')).out).toBe(
      '陈爱丽 现在示忙 (break)。\n',
    );
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toEqual({ presence: 'paused', reason: 'meal' });
    await jackfield(['agent', 'logout', '陈爱丽']);
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toEqual({ presence: 'offline' });
    expect(await jackfield(['agent', 'resume', 'carl'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('alice'),
    });
  });

  it('read like Asterisk', async () => {
    const { answeredAt: _a, endedAt: _e, agent: _g, ...begun } = call;
    const waiting = { ...begun, id: 'w', state: 'active' };
    await serve({
      'GET /api/v1/queues': () => ({
        body: { items: [{ id: 'support', name: 'Support', waiting: 1, agentsAvailable: 0 }] },
      }),
      'GET /api/v1/agents': () => ({ body: { items: [agent] } }),
      'GET /api/v1/calls': () => ({ body: { items: [waiting, call] } }),
      'GET /api/v1/calls/w': () => ({
        body: { ...waiting, story: [{ id: 'r', at: Date.now() - 65_000, type: 'queued', facts: {}, erased: false }] },
      }),
    });
    const { out } = await jackfield(['queue', 'show', 'support']);
    expect(out).toContain(
      "support has 1 calls (max unlimited) in 'longest-idle' strategy (8s holdtime, 51s talktime), W:0, C:1, A:0, SL:100.0%, SL2:100.0% within 20s",
    );
    expect(out).toMatch(/Members:\n {6}陈爱丽 \(alice\) \(paused:break\) has taken 1 calls \(last was \d+ secs ago\)/);
    expect(out).toMatch(/Callers:\n {6}1\. \+8613800000000 张三 \(wait: 1:05\)/);
    expect((await jackfield(['queue', 'stats'])).out).toContain('SL = answered within 20 s / answered');
    expect(await jackfield(['queue', 'show', 'sales'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('support'),
    });
  });
});

describe('files', () => {
  it('are checked: 1 for errors, 2 for no folder', async () => {
    writeFileSync(join(root, 'dialplans', 'routes.yaml'), 'routes: [');
    const wrong = await jackfield(['dialplan', 'check']);
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringMatching(/routes\.yaml:1:\d+: error/)]);
    expect(JSON.parse((await jackfield(['dialplan', 'check', '--json'])).out)).toMatchObject({ ok: false });
    expect((await jackfield(['dialplan', 'check', join(root, 'nothing')])).code).toBe(2);
    mkdirSync(join(root, 'dialplans', 'rules'));
    writeFileSync(join(root, 'dialplans', 'rules', 'a.yaml'), 'rules: 7');
    expect((await jackfield(['rules', 'check'])).code).toBe(1);
    expect((await jackfield(['rules', 'check', join(root, 'nothing')])).code).toBe(2);
    expect(await jackfield(['ledger', 'verify'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('jackfield.db'),
    });
  });

  it('of a wrong configuration name the value', async () => {
    writeFileSync(join(root, 'jackfield.yaml'), 'sip: { port: many }');
    expect(await jackfield(['ledger', 'verify'])).toMatchObject({ code: 1, err: expect.stringContaining('sip.port') });
  });

  it('want a full number when nobody is there to complete it', async () => {
    expect((await jackfield(['erase', '0531 123'])).code).toBe(2);
  });
});

describe('options of a demo call', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };

  it.each([
    [['a b'], 'neither a number nor a SIP URI'],
    [['1', '--digits', '1x'], '--digits "1x"'],
    [['1', '--transport', 'sctp'], 'udp, tcp'],
    [['1', '--codec', 'g729'], 'pcmu, pcma'],
    [['1', '--to-host', 'host:99999'], '--to-host'],
    [['1', '--duration', 'long'], '--duration'],
    [['1', '--say-times', '0'], '--say-times'],
    [['1', '--say', ' '], '--say needs a text'],
    [['1', '--say', 'x', '--play', 'y.wav'], 'exclude each other'],
    [['1', '--from', 'a b'], '--from'],
    [['1', '--play', '/no/such/file.wav'], 'cannot be read'],
    [['1', '--language', 'fr'], 'en, zh'],
    [['1', '--record', '/no/such/folder/x.wav'], 'cannot be written'],
    [[], 'Usage:'],
    [['1', '--nonsense'], 'unknown option'],
  ])('%j end with 2 and a reason', async (args, reason) => {
    const { code, err } = await jackfield(['call', ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });

  it('refuse a file that is no WAV', async () => {
    const text = file('notes.wav', 'not a sound at all');
    expect(await jackfield(['call', '1', '--play', text])).toMatchObject({
      code: 2,
      err: `${text} is not a WAV file\n`,
    });
  });
});
