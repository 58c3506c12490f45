import { expect, test } from 'vitest';
import { parseArguments } from '../../media/options.ts';
import { configSchema } from '../../server/config.ts';
import { partsOf } from './parts.ts';

const argumentsOf = (args: readonly string[] = []): string[] =>
  args.slice(args.findIndex((arg) => arg.endsWith('main.ts')) + 1);

test('an address of the other family is listened on by the engine, and the media node has it as well', () => {
  const config = {
    ...configSchema.parse({ network: { bind: '192.0.2.1', also: { bind: '2001:db8::1' } } }),
    root: '/',
  };
  const [engine, media] = partsOf(config, {});
  const listens = argumentsOf(engine?.args).filter((arg) => arg.includes('2001'));
  expect(listens).toEqual(
    ['udp://[2001:db8::1]:5060', 'tcp://[2001:db8::1]:5060', 'tls://[2001:db8::1]:5061'].map(
      (place) => `${place},advertise=[2001:db8::1]`,
    ),
  );
  expect(parseArguments(argumentsOf(media?.args))).toMatchObject({
    value: { also: { bind: '2001:db8::1', advertise: '2001:db8::1' } },
  });
});

test('two addresses of one family are refused', () => {
  expect(configSchema.safeParse({ network: { bind: '192.0.2.1', also: { bind: '192.0.2.2' } } }).success).toBe(false);
});
