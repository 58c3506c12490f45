import { describe, expect, test } from 'vitest';
import { defaultOptions, parseArguments } from './index.ts';
import { InOrder } from './in-order.ts';
import { PortPool } from './port-pool.ts';

describe('parseArguments', () => {
  test('reads everything', () => {
    const line =
      '--rpc 127.0.0.1:9999 --secret-file s --bind 0.0.0.0 --advertise 192.0.2.1 --webrtc-port 0 --rtp-ports 5000-5100 ' +
      '--worker-bin w --lease-seconds 5 --rtp-timeout-ms 1000 --shards 3 --codecs OPUS,g711 --no-ears --drain-seconds 7';
    expect(parseArguments(line.split(' '))).toEqual({
      ok: true,
      value: {
        rpcHost: '127.0.0.1',
        rpcPort: 9999,
        secretFile: 's',
        bind: '0.0.0.0',
        advertise: '192.0.2.1',
        webrtcPort: 0,
        rtpPorts: { first: 5000, last: 5100 },
        workerBin: 'w',
        leaseInSeconds: 5,
        rtpTimeoutMs: 1000,
        shards: 3,
        mostEndpoints: defaultOptions.mostEndpoints,
        mostBusy: 0.9,
        drainMs: 7000,
        codecs: ['opus', 'G711'],
        ears: false,
        transcriptions: 2,
      },
    });
  });

  test('has defaults for all but the secret; what is advertised is what is bound', () => {
    expect(parseArguments(['--secret-file', 's'])).toEqual({
      ok: true,
      value: { ...defaultOptions, secretFile: 's', ears: true, drainMs: 30_000, transcriptions: 2 },
    });
    expect(parseArguments(['--secret-file', 's', '--bind', '192.0.2.1'])).toMatchObject({
      value: { advertise: '192.0.2.1' },
    });
  });

  test('has an address of the other family where one is said, advertised as it is bound', () => {
    const read = (...more: readonly string[]) => parseArguments(['--secret-file', 's', '--also-bind', '::1', ...more]);
    expect(read()).toMatchObject({ value: { also: { bind: '::1', advertise: '::1' } } });
    expect(read('--also-advertise', 'fd00::1')).toMatchObject({
      value: { also: { bind: '::1', advertise: 'fd00::1' } },
    });
  });

  test.each([
    [[], '--secret-file is missing'],
    [['--rpc', '9024'], '--rpc 9024: expected HOST:PORT'],
    [['--rpc', 'h:70000'], '--rpc 70000: expected a whole number from 0 to 65535'],
    [['--bind', 'localhost'], '--bind localhost: expected an IP address'],
    [['--also-bind', '192.0.2.1'], 'expected an address of the other family than --bind 127.0.0.1'],
    [['--also-bind', '::1', '--also-advertise', '192.0.2.1'], 'expected an address of the other family'],
    [['--also-advertise', '::1'], '--also-advertise needs --also-bind'],
    [['--rtp-ports', '5000'], '--rtp-ports'],
    [['--rtp-ports', '5100-5000'], 'expected FIRST-LAST'],
    [['--lease-seconds', '0'], '--lease-seconds 0: expected a whole number from 1'],
    [['--codecs', 'G711,G729'], '--codecs G729: expected some of'],
    [['--nonsense'], "'--nonsense'"],
  ])('%j: %s', (args, reason) => {
    const parsed = parseArguments(args.length === 0 ? [] : ['--secret-file', 's', ...args]);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error).toContain(reason);
  });
});

describe('PortPool', () => {
  test('gives even ports whose next one is in the range too, and rests those given back', () => {
    const pool = new PortPool({ first: 5001, last: 5006 });
    expect([pool.take(), pool.take(), pool.take()]).toEqual([5002, 5004, undefined]);
    pool.give(5002);
    pool.give(5002);
    pool.give(6000);
    expect(pool.free).toBe(1);
    expect([pool.take(), pool.take()]).toEqual([5002, undefined]);
  });
});

describe('InOrder', () => {
  test('one key waits, another does not; a failure holds nobody up', async () => {
    const order = new InOrder();
    const done: string[] = [];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = order.run('a', async () => {
      await gate;
      done.push('a1');
      throw new Error('a1 failed');
    });
    const second = order.run('a', () => done.push('a2'));
    await order.run('b', () => done.push('b1'));
    release();
    await expect(first).rejects.toThrow('a1 failed');
    await second;
    expect(done).toEqual(['b1', 'a1', 'a2']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order.busy).toBe(0);
  });
});
