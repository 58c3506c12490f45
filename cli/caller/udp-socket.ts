import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** A UDP socket on a free port of `address`. */
export async function openUdpSocket(address: string, receiveBufferBytes = 262_144): Promise<Socket> {
  const socket = createSocket({
    type: isIP(address) === 6 ? 'udp6' : 'udp4',
    recvBufferSize: receiveBufferBytes,
    // Sockets look up every destination a tick later, numbers too: what is sent right before close() would be lost.
    lookup: (host, options, done) => {
      const family = isIP(host);
      if (family === 0) lookup(host, options, done);
      else done(null, host, family);
    },
  });
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  return socket;
}
