import { expect, it } from 'vitest';
import { askOptions, type Srf, trunkTransport } from './drachtio.ts';

/** srf whose client has a connection and throws at every request, as it does by its own assertions. */
function throwing(): Srf {
  const client = {
    _getDefaultSocket: () => ({ destroyed: false }),
    request: () => {
      throw new Error('assertion');
    },
  };
  return { app: { client } } as unknown as Srf;
}

it('counts a request that srf throws at as not sent', async () => {
  expect(await askOptions(throwing(), { uri: 'sip:a@192.0.2.1', headers: {} })).toBe(0);
  const answer = await trunkTransport(throwing()).request({ method: 'OPTIONS', uri: 'sip:192.0.2.1', headers: {} });
  expect([answer.status, answer.source]).toEqual([503, '']);
});
