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

export interface Counts {
  readonly passed: number;
  readonly lost: number;
}

export interface LossyRelay {
  readonly port: number;
  /** What happened until now. */
  counts(): Counts;
  /** The same of what the client sent alone. */
  sent(): Counts;
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
  const ways = { there: { passed: 0, lost: 0 }, back: { passed: 0, lost: 0 } };
  const pass = (way: keyof typeof ways, socket: Socket, bytes: Buffer, port: number | undefined): void => {
    if (port === undefined) return;
    if (draw() < loss) ways[way].lost++;
    else {
      ways[way].passed++;
      socket.send(bytes, port, '127.0.0.1');
    }
  };
  near.on('message', (bytes, { port }) => {
    client = port;
    pass('there', far, bytes, to);
  });
  far.on('message', (bytes) => pass('back', near, bytes, client));
  return {
    port: near.address().port,
    counts: () => ({ passed: ways.there.passed + ways.back.passed, lost: ways.there.lost + ways.back.lost }),
    sent: () => ({ ...ways.there }),
    async close() {
      await Promise.all([near, far].map((socket) => new Promise<void>((done) => socket.close(done))));
    },
  };
}
