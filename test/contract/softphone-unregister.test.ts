/** The page's own registration (SIP.js) against the registrar, without a browser: Node has a WebSocket. */
import { UserAgent } from 'sip.js';
import { expect, it } from 'vitest';
import { Registration } from '../../softphone/renderer/phone/registration.ts';
import { startSide } from '../support/sip/registering.ts';
import { portOf, useBench } from '../support/sip/target.ts';

const bench = useBench();

it('a page that logs out answers the challenge to its un-REGISTER before it hangs up', async () => {
  const side = await startSide(bench.engine, bench.target.secret, []);
  bench.later(() => side.sip.close());
  const { username, password } = side.sip.mint('alice', Date.now() + 60_000);
  const uri = UserAgent.makeURI('sip:alice@jackfield.local');
  if (uri === undefined) throw new Error('SIP.js does not take our address of record');
  const agent = new UserAgent({
    ...{ uri, authorizationUsername: username, authorizationPassword: password, logBuiltinEnabled: false },
    transportOptions: { server: `ws://127.0.0.1:${String(portOf(bench.engine, 'ws'))}` },
  });
  const registered = Promise.withResolvers<string>();
  const registration = new Registration(agent, ({ type }) => registered.resolve(type));
  await agent.start();
  registration.register();
  expect(await registered.promise).toBe('registered');
  expect(side.sip.devicesOf('alice')).toHaveLength(1);
  await registration.unregister();
  // By its REGISTER: the connection still stands.
  expect(agent.isConnected()).toBe(true);
  expect(side.sip.devicesOf('alice')).toEqual([]);
  await agent.stop();
});
