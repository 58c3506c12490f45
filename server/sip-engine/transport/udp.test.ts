import { expect, it } from 'vitest';
import { UdpListener } from './udp.ts';

it('takes what is sent after it closed, and says that it failed', async () => {
  const place = { protocol: 'udp', host: '127.0.0.1', port: 0, advertise: undefined } as const;
  const nothing = (): void => {};
  const admits = (): boolean => true;
  const events = {
    admits,
    wire: nothing,
    datagram: nothing,
    message: nothing,
    malformed: nothing,
    opened: nothing,
    closed: nothing,
  };
  const listener = new UdpListener(place, events);
  await listener.start();
  const flow = listener.flowTo({ host: '127.0.0.1', port: 9 });
  await listener.close();
  flow.send(Buffer.from('late'));
  const reason = await new Promise((failed) => flow.send(Buffer.from('late'), failed));
  expect(reason).toBe('the port is closed');
});
