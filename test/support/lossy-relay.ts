/** A bad road between two UDP peers: it loses datagrams by a seeded draw, both ways, so that a run can be repeated. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface LossyOptions {
  /** Where what comes in is sent, on 127.0.0.1. */
  readonly to: number;
  /** Share of the datagrams that are lost, 0 to 1. */
  readonly loss: number;
  readonly seed: number;
}

export interface LossyRelay {
  readonly port: number;
  /** What happened until now. */
  counts(): { readonly passed: number; readonly lost: number };
  close(): Promise<void>;
}

/** Numbers from 0 to 1 from a seed (xorshift32). */
export function seededDraw(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Starts a relay for one client: whoever sends to its port gets what comes back. */
export async function startLossyRelay({ to, loss, seed }: LossyOptions): Promise<LossyRelay> {
  const [near, far] = await Promise.all([bound(), bound()]);
  const draw = seededDraw(seed);
  let client: number | undefined;
  let passed = 0;
  let lost = 0;
  const pass = (socket: Socket, bytes: Buffer, port: number | undefined): void => {
    if (port === undefined) return;
    if (draw() < loss) lost++;
    else {
      passed++;
      socket.send(bytes, port, '127.0.0.1');
    }
  };
  near.on('message', (bytes, { port }) => {
    client = port;
    pass(far, bytes, to);
  });
  far.on('message', (bytes) => pass(near, bytes, client));
  return {
    port: near.address().port,
    counts: () => ({ passed, lost }),
    async close() {
      await Promise.all([near, far].map((socket) => new Promise<void>((done) => socket.close(done))));
    },
  };
}
