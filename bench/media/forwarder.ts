/**
 * The least a Node program can do with RTP: every packet that comes to a socket leaves from its neighbour, unread. What the edge
 * costs beyond it is the edge. Forked by bare.ts.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';

/** The ports of the phones; phone 0 talks with 1, 2 with 3 ... Those of before are closed. */
export interface ForwarderOrder {
  readonly phones: readonly number[];
}

// As the media node's threads do, so that the two stand alike on a busy machine.
try {
  setPriority(0, -10);
} catch {
  // Without the privilege both go without.
}

let sockets: Socket[] = [];

async function forward(phones: readonly number[]): Promise<void> {
  for (const socket of sockets) socket.close();
  sockets = phones.map(() => createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }));
  for (const [number, socket] of sockets.entries()) {
    const other = sockets[number ^ 1];
    const to = phones[number ^ 1] ?? 0;
    socket.on('message', (packet) => other?.send(packet, to, '127.0.0.1'));
    socket.bind(0, '127.0.0.1');
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  process.send?.(sockets.map((socket) => socket.address().port));
}

process.on('message', ({ phones }: ForwarderOrder) => void forward(phones));
process.once('disconnect', () => process.exit(0));
