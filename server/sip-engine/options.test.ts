import { describe, expect, it } from 'vitest';
import { parseArguments } from './options.ts';

const least = ['--listen', 'udp://127.0.0.1:5060', '--secret', 's'];

describe('parseArguments', () => {
  it('reads listeners, ports and timers', () => {
    const options = parseArguments([
      ...least,
      '--listen',
      'ws://[::1]:0',
      '--admin',
      '0.0.0.0:9022',
      '--t1',
      '50',
      '--lease',
      '1000',
    ]);
    expect(options.listen).toEqual([
      { protocol: 'udp', host: '127.0.0.1', port: 5060 },
      { protocol: 'ws', host: '::1', port: 0 },
    ]);
    expect(options).toMatchObject({ secret: 's', admin: { host: '0.0.0.0', port: 9022 }, timers: { t1: 50 } });
    expect(options.patience).toEqual({ parkingLease: 1000 });
    expect(parseArguments([...least, '--session-expires', '1800', '--min-se', '120']).session).toEqual({
      expires: 1800,
      min: 120,
    });
    expect([parseArguments(least).cdr, parseArguments([...least, '--cdr', 'no']).cdr]).toEqual([true, false]);
  });

  it('reads what TLS trusts and what each listener advertises', () => {
    const options = parseArguments([
      ...least,
      ...[
        '--listen',
        'tls://[::1]:5061,advertise=sip.example.com',
        '--listen',
        'tcp://10.0.0.1:5060,advertise=[2001:db8::1]:5080',
      ],
      ...['--tls-ca', 'ca.pem', '--tls-verify', 'no', '--local-network', '10.0.0.0/8'],
    ]);
    expect(options.listen.slice(1)).toEqual([
      { protocol: 'tls', host: '::1', port: 5061, advertise: { host: 'sip.example.com', port: undefined } },
      { protocol: 'tcp', host: '10.0.0.1', port: 5060, advertise: { host: '2001:db8::1', port: 5080 } },
    ]);
    expect(options.tls).toEqual({ ca: 'ca.pem', verify: false, wildcards: false, mutual: false });
    expect(options.localNetworks).toEqual(['10.0.0.0/8']);
  });

  it.each([
    [['--secret', 's'], /--listen is needed/],
    [['--listen', 'udp://127.0.0.1:5060'], /--secret/],
    [[...least, '--nonsense', '1'], /--nonsense is not an option/],
    [[...least, '--t1'], /--t1 wants a value/],
    [[...least, '--t1', 'soon'], /milliseconds/],
    [[...least, '--min-se', 'soon'], /--min-se wants seconds/],
    [['--listen', 'sctp://x:1', '--secret', 's'], /udp:\/\//],
    [['--listen', 'udp://nowhere', '--secret', 's'], /HOST:PORT/],
    [[...least, '--tls-verify', 'maybe'], /yes or no/],
    [[...least, '--listen', 'udp://127.0.0.1:1,shout=x'], /advertise=/],
    [[...least, '--secret-file', 'no-such-file'], /cannot be read/],
  ])('refuses %j', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message);
  });
});
