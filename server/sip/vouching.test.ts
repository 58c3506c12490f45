import { expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import type { Trusted } from './engine-link.ts';
import { Vouching } from './vouching.ts';

it('tells a new engine everything, then only what has changed, and nothing while it is away', () => {
  const clock = new SimulatedClock();
  const told: Trusted[] = [];
  let networks = ['192.0.2.0/24'];
  const vouching = new Vouching({
    ...{ clock, logger: silentLogger, networks: () => networks },
    peers: () => [{ host: '198.51.100.7', port: 5060 }],
    tell: (trusted) => Promise.resolve(void told.push(trusted)),
  });
  vouching.begin();
  clock.advance(60_000);
  expect(told).toEqual([{ networks: ['192.0.2.0/24'], peers: [{ host: '198.51.100.7', port: 5060 }] }]);
  networks = ['203.0.113.9'];
  clock.advance(5000);
  expect(told.map((each) => each.networks)).toEqual([['192.0.2.0/24'], ['203.0.113.9']]);
  vouching.stop();
  networks = [];
  clock.advance(60_000);
  expect(told).toHaveLength(2);
  vouching.begin();
  expect(told.at(-1)?.networks).toEqual([]);
});
