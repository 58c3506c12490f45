import { expect, it } from 'vitest';
import { UdpListener } from './udp.ts';

it('refuses to send to port 0 instead of throwing', async () => {
  const nothing = (): void => {};
  const listener = new UdpListener(
    { protocol: 'udp', host: '127.0.0.1', port: 0, advertise: undefined },
    { wire: nothing, datagram: nothing, message: nothing, malformed: nothing, opened: nothing, closed: nothing },
  );
  await listener.start();
  try {
    const flow = listener.flowTo({ host: '127.0.0.1', port: 0 });
    // An answer to a datagram that claimed to come from there: nobody is told, and nothing breaks.
    flow.send(Buffer.from('answer'));
    const reason = await new Promise<string>((resolve) => flow.send(Buffer.from('request'), resolve));
    expect(reason).toContain('port 0');
  } finally {
    await listener.close();
  }
});
