/** The API of conferences, with the real rules of what can be asked when behind it, and who may ask for supervision. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adminToken, CallApi } from '../test/support/call-api.ts';
import type { CallEvent } from './calls/index.ts';
import { answered, asked, bob, colleague, opened, run, taken, toTalk } from './calls/transferring.test-support.ts';
import { Conferences } from './conferences.ts';

const consulting = [...toTalk, asked(bob, { consult: true }), opened(colleague), answered(colleague), taken(colleague)];
const merged: CallEvent = { type: 'conference-merged', agentId: 'alice' };

let api: CallApi;
let supervised: (readonly string[])[];

beforeEach(async () => {
  supervised = [];
  api = await CallApi.open(({ calls, transfers }) => ({
    conferences: new Conferences({ calls: () => calls, transfers }),
    supervision: {
      begin: (...order) => void supervised.push(['begin', ...order]),
      stop: (...order) => void supervised.push(['stop', ...order]),
      takeOver: (...order) => void supervised.push(['take-over', ...order]),
    },
  }));
});
afterEach(() => api.close());

const path = '/api/v1/calls/01CALL/conference';
const member = `${path}/${colleague}`;

describe('the conference of a call', () => {
  it('takes in the one who is consulted, for the agent and for a supervisor', async () => {
    api.call = run(consulting).state;
    expect(await api.ask(path, api.token('alice'))).toMatchObject({ status: 202 });
    expect(await api.ask(path, api.token('sue'))).toMatchObject({ status: 202 });
    expect(api.posted).toEqual([merged, merged]);
  });

  it('is listed, and its members are silenced and sent away in the name of whoever asks', async () => {
    api.call = run([...consulting, merged]).state;
    expect((await api.ask(path, api.token('alice'), {}, 'GET')).body).toEqual({
      items: [expect.objectContaining({ id: colleague, to: 'bob', type: 'agent', by: 'alice', muted: false })],
    });
    expect(await api.ask(member, api.token('alice'), { muted: true }, 'PUT')).toMatchObject({ status: 202 });
    expect(await api.ask(member, api.token('sue'), { gainDb: -6 }, 'PUT')).toMatchObject({ status: 202 });
    expect(await api.ask(member, api.token('sue'), {}, 'DELETE')).toMatchObject({ status: 202 });
    expect(api.posted).toEqual([
      { type: 'conference-set', member: colleague, by: 'alice', muted: true },
      { type: 'conference-set', member: colleague, by: 'sue', gainDb: -6 },
      { type: 'conference-dropped', member: colleague, by: 'sue' },
    ]);
  });

  it('is not for others, and 401 without a login', async () => {
    api.call = run([...consulting, merged]).state;
    for (const method of ['GET', 'POST'] as const)
      expect((await api.ask(path, api.token('bob'), {}, method)).status).toBe(403);
    for (const method of ['PUT', 'DELETE'] as const)
      expect((await api.ask(member, api.token('bob'), {}, method)).status).toBe(403);
    expect((await api.ask(path)).status).toBe(401);
    expect(api.posted).toEqual([]);
  });

  it('says what cannot be: nobody is consulted, no such member, no such call, too loud', async () => {
    api.call = run(toTalk).state;
    expect((await api.ask(path, api.token('alice'))).body).toMatchObject({ code: 'not-now' });
    expect((await api.ask(member, api.token('alice'), {}, 'DELETE')).body).toMatchObject({
      code: 'no-such-member',
      status: 404,
    });
    expect((await api.ask('/api/v1/calls/nowhere/conference', api.token('sue'))).body).toMatchObject({
      code: 'no-such-call',
    });
    expect((await api.ask(member, api.token('alice'), { gainDb: 60 }, 'PUT')).status).toBe(400);
    expect(api.posted).toEqual([]);
  });
});

describe('the supervision of a call', () => {
  const monitor = '/api/v1/calls/01CALL/monitor';

  it('is for supervisors, on their own phone', async () => {
    expect((await api.ask(monitor, api.token('sue'), { mode: 'whisper' })).status).toBe(202);
    expect((await api.ask(`${monitor}/take-over`, api.token('sue'))).status).toBe(202);
    expect((await api.ask(`${monitor}/stop`, api.token('sue'), { supervisor: 'sue' })).status).toBe(202);
    expect(supervised).toEqual([
      ['begin', '01CALL', 'sue', 'whisper'],
      ['take-over', '01CALL', 'sue'],
      ['stop', '01CALL', 'sue'],
    ]);
  });

  it('is for no agent, for nobody without a login, and rings nobody else', async () => {
    expect((await api.ask(monitor, api.token('alice'), { mode: 'listen' })).status).toBe(403);
    expect((await api.ask(monitor, undefined, { mode: 'listen' })).status).toBe(401);
    const other = await api.ask(monitor, api.token('sue'), { mode: 'listen', supervisor: 'bob' });
    expect(other.body).toMatchObject({ code: 'not-allowed' });
    expect(supervised).toEqual([]);
  });

  it('is asked for somebody by the command line alone, in one of three modes', async () => {
    expect((await api.ask(monitor, adminToken, { mode: 'barge', supervisor: 'sue' })).status).toBe(202);
    expect(supervised).toEqual([['begin', '01CALL', 'sue', 'barge']]);
    expect((await api.ask(monitor, adminToken, { mode: 'shout', supervisor: 'sue' })).status).toBe(400);
  });
});
