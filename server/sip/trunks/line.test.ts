import { expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { trunksOf } from '../../../test/support/sip/trunk-plans.ts';
import { TrunkLine } from './line.ts';
import type { TrunkAnswer, TrunkRequest } from './transport.ts';

const [config] = trunksOf(`
trunks:
  carrier:
    targets: ['sip:192.0.2.1']
    account: { user: jack, password: stored }
    registration: { as: 'jack', expires: 600s }
    destinations: { allow: [any] }
    health: { every: 0s }
`).trunks.values();

/** A registrar that takes each nonce for one registration and its refresh. */
class Registrar {
  readonly counts: string[] = [];
  #nonce = 0;
  #left = 0;

  readonly request = ({ headers }: TrunkRequest): Promise<TrunkAnswer> => {
    const proof = headers['Authorization'] ?? '';
    const good = this.#left-- > 0 && proof.includes(`nonce="n${this.#nonce}"`);
    if (good) this.counts.push(`n${this.#nonce} ${/nc=(\w+)/.exec(proof)?.[1] ?? ''}`);
    else this.#left = 2;
    const given: Record<string, string[]> = good
      ? { Expires: ['600'] }
      : { 'WWW-Authenticate': [`Digest realm="r", nonce="n${++this.#nonce}", qop="auth"`] };
    const [status, reason] = good ? ([200, 'OK'] as const) : ([401, 'Unauthorized'] as const);
    return Promise.resolve({ status, reason, source: '192.0.2.1', headers: (name) => given[name] ?? [] });
  };
}

it('counts the uses of a nonce from 1 for each nonce', async () => {
  if (config === undefined) throw new Error('no trunk');
  const clock = new SimulatedClock();
  const registrar = new Registrar();
  const line = new TrunkLine({ config, clock, transport: registrar, password: () => 'secret', changed: () => {} });
  line.start();
  for (let refresh = 0; refresh < 4; refresh++) {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    clock.advance(540_000);
  }
  expect(registrar.counts).toEqual(['n1 00000001', 'n1 00000002', 'n2 00000001', 'n2 00000002']);
  line.close();
});
