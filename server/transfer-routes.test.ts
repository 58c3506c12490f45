/** The API of consultations, with the real rules of what can be asked when behind it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '../base/result.ts';
import { CallApi } from '../test/support/call-api.ts';
import {
  answered,
  asked,
  bob,
  callerLeg,
  colleague,
  gone,
  opened,
  run,
  taken,
  toTalk,
} from './calls/transferring.test-support.ts';

const toRing = [...toTalk, asked(bob, { consult: true }), opened(colleague)];
const toConsult = [...toRing, answered(colleague), taken(colleague)];
const blind = [...toTalk, asked(bob), opened(colleague)];

let api: CallApi;

beforeEach(async () => {
  api = await CallApi.open(({ transfers }) => ({
    transfers: {
      transfer: () => ok(undefined),
      proceedTransfer(callId, what) {
        const problem = transfers.proceed(callId, what);
        return problem === undefined ? ok(undefined) : fail(problem);
      },
    },
  }));
});
afterEach(() => api.close());

const proceed = (what: string, id = '01CALL', token?: string) => api.ask(`/api/v1/calls/${id}/transfer/${what}`, token);

describe.each(['swap', 'complete', 'cancel'] as const)('POST /api/v1/calls/{id}/transfer/%s', (what) => {
  const event = { swap: 'consult-swapped', complete: 'consult-completed', cancel: 'transfer-cancelled' }[what];

  it('is taken from the agent who consults and from a supervisor, and put to the call', async () => {
    api.call = run(toConsult).state;
    expect(await proceed(what, '01CALL', api.token('alice'))).toMatchObject({ status: 202, body: {} });
    expect(await proceed(what, '01CALL', api.token('sue'))).toMatchObject({ status: 202, body: {} });
    // Whoever asks, it is the consulting agent's.
    expect(api.posted).toEqual([
      { type: event, agentId: 'alice' },
      { type: event, agentId: 'alice' },
    ]);
  });

  it('is not for others: 403, and 401 without a login', async () => {
    api.call = run(toConsult).state;
    const refused = await proceed(what, '01CALL', api.token('bob'));
    expect(refused).toMatchObject({ status: 403, type: expect.stringContaining('application/problem+json') as string });
    expect(refused.body).toMatchObject({ status: 403, code: 'not-allowed' });
    expect((await proceed(what)).status).toBe(401);
    expect(api.posted).toEqual([]);
  });

  it('of a call that is not there is 404, with a problem in both languages', async () => {
    api.call = run(toConsult).state;
    const none = await proceed(what, '01OTHER', api.token('sue'));
    expect(none).toMatchObject({ status: 404, type: expect.stringContaining('application/problem+json') as string });
    expect(none.body).toMatchObject({
      status: 404,
      code: 'no-such-call',
      titleZh: expect.stringMatching(/\p{Script=Han}/u) as string,
    });
  });

  it('where nothing is handed over is 409, and the problem says what would have to be', async () => {
    api.call = run(toTalk).state;
    const early = await proceed(what, '01CALL', api.token('alice'));
    expect(early).toMatchObject({ status: 409, type: expect.stringContaining('application/problem+json') as string });
    expect(early.body).toMatchObject({
      status: 409,
      code: 'not-now',
      detail: expect.stringMatching(/consulting|transferring/) as string,
    });
    expect(api.posted).toEqual([]);
  });
});

describe('what can be asked of a transfer', () => {
  it.each([
    ['swap', 'while the target rings', toRing, 409],
    ['complete', 'while the target rings', toRing, 202],
    ['cancel', 'while the target rings', toRing, 202],
    ['swap', 'of a blind transfer', blind, 409],
    ['complete', 'of a blind transfer', blind, 409],
    ['cancel', 'of a blind transfer', blind, 202],
    ['swap', 'when the caller has gone', [...toConsult, gone(callerLeg)], 409],
  ] as const)('%s %s', async (what, _when, events, status) => {
    api.call = run(events).state;
    expect(await proceed(what, '01CALL', api.token('alice'))).toMatchObject({ status });
  });
});
