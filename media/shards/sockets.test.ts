import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { LegSocket } from './leg-ports.ts';
import { openPair } from './sockets.ts';

const nothing = (): void => {};

/** A pair on whichever ports are free. */
async function somePair(): Promise<LegSocket> {
  for (let port = 40_000; ; port += 2) {
    const pair = await openPair('127.0.0.1', port, nothing, nothing).catch(() => undefined);
    if (pair !== undefined) return pair;
  }
}

it('loses packets to ports there are not instead of throwing, and goes on', async () => {
  const pair = await somePair();
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const heard = once(peer, 'message');
  for (const port of [0, 65_536]) {
    pair.send(Buffer.from('rtp'), { address: '127.0.0.1', port });
    pair.sendControl(Buffer.from('rtcp'), { address: '127.0.0.1', port });
  }
  pair.send(Buffer.from('heard'), { address: '127.0.0.1', port: peer.address().port });
  expect(String((await heard)[0])).toBe('heard');
  pair.close();
  peer.close();
});
