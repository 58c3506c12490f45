/**
 * Telephones as a process of their own: each sends a G.711 packet every 20 ms and counts what comes back. Forked by
 * media.ts, which sends `PhonesOrder`s and gets `PhonesNews`.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeRtp } from '../media/edge/rtp.ts';

export type PhonesOrder =
  | { readonly type: 'open'; readonly count: number }
  /** Where each phone sends, by its number. */
  | { readonly type: 'talk'; readonly targets: readonly number[]; readonly seconds: number }
  | { readonly type: 'close' };

export type PhonesNews =
  | { readonly type: 'opened'; readonly ports: readonly number[] }
  | { readonly type: 'talked'; readonly sent: number; readonly received: number; readonly seconds: number };

const stepMs = 20;
const payload = new Uint8Array(160).fill(0x55);
let sockets: Socket[] = [];
let received = 0;
/** Steps of all talks so far: an RTP source goes on where it stopped. */
let clock = 0;

function tell(news: PhonesNews): void {
  process.send?.(news);
}

async function open(count: number): Promise<void> {
  sockets = Array.from({ length: count }, () => createSocket({ type: 'udp4', recvBufferSize: 1 << 20 }));
  for (const socket of sockets) {
    socket.on('message', () => received++);
    socket.bind(0, '127.0.0.1');
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  tell({ type: 'opened', ports: sockets.map((socket) => socket.address().port) });
}

/** Sends step by step on the clock: a step that is late is made up for at once. */
async function talk(targets: readonly number[], seconds: number): Promise<void> {
  received = 0;
  const began = performance.now();
  const steps = (seconds * 1000) / stepMs;
  for (let step = 0; step < steps; step++) {
    const due = began + step * stepMs - performance.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    for (const [number, socket] of sockets.entries()) {
      const head = { payloadType: 0, ssrc: number + 1, marker: step === 0 };
      const packet = writeRtp({ ...head, sequence: clock & 0xffff, timestamp: clock * 160, payload });
      socket.send(packet, targets[number] ?? 0, '127.0.0.1');
    }
    clock++;
  }
  const took = (performance.now() - began) / 1000;
  // What is on its way still counts.
  await new Promise((resolve) => setTimeout(resolve, 200));
  tell({ type: 'talked', sent: steps * sockets.length, received, seconds: took });
}

process.on('message', (order: PhonesOrder) => {
  switch (order.type) {
    case 'open':
      return void open(order.count);
    case 'talk':
      return void talk(order.targets, order.seconds);
    case 'close':
      process.disconnect();
      for (const socket of sockets) socket.close();
  }
});
