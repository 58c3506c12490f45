import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import { ShardPool } from './pool.ts';
import { Prompts } from './prompts.ts';

const dying = new URL('../../test/support/dying-shard.ts', import.meta.url);
const setup = (callId: string, endpointId = callId) => ({
  endpointId,
  callId,
  kind: 'sip' as const,
  ssrc: 1,
  bind: '127.0.0.1',
  port: 0,
});

const pools: ShardPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.stop())));

test('a thread that dies takes its calls with it, tells which, and is replaced', async () => {
  const pool = new ShardPool({ rtpTimeoutMs: 1000 }, new Prompts(), silentLogger, dying);
  pools.push(pool);
  pool.start(2);
  expect(await pool.open(setup('a'))).toEqual({ ok: true, value: { port: 1, securedPort: 0 } });
  expect(await pool.open(setup('b'))).toEqual({ ok: true, value: { port: 1, securedPort: 0 } });
  const lost = new Promise((resolve) => pool.lost.on(resolve));
  expect(await pool.open(setup('a', 'a2'))).toEqual({ ok: false, error: 'shard-died' });
  expect(await lost).toEqual(['a']);
  expect(await pool.open(setup('c'))).toEqual({ ok: true, value: { port: 1, securedPort: 0 } });
});
