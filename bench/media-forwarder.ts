/**
 * The least a Node program can do with RTP: every packet that comes to a socket leaves from its neighbour, unread. The
 * reference of media.ts: what the edge costs beyond it is the edge.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';

// As the media node's threads do, so that the two stand alike on a busy machine.
try {
  setPriority(0, -10);
} catch {
  // Without the privilege both go without.
}

/** The ports of the phones; phone 0 talks with 1, 2 with 3 ... */
export interface ForwarderOrder {
  readonly phones: readonly number[];
}

async function forward(phones: readonly number[]): Promise<void> {
  const sockets = phones.map(() => createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }));
  for (const [number, socket] of sockets.entries()) {
    const other = number ^ 1;
    socket.on('message', (packet) => sockets[other]?.send(packet, phones[other] ?? 0, '127.0.0.1'));
    socket.bind(0, '127.0.0.1');
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  process.send?.(sockets.map((socket) => socket.address().port));
}

process.once('message', ({ phones }: ForwarderOrder) => void forward(phones));
