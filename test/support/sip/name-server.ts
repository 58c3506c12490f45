import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import type { Answer } from 'dns-packet';

/** A name server of a test, with the questions it was asked. */
export interface NameServer {
  /** `127.0.0.1:port`, as `--dns` wants it. */
  readonly place: string;
  /** `SRV _sip._udp.example.test`, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** The records of a test's zone, in the words of a zone file. TTL in seconds. */
export const records = {
  a: (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, data, ttl }),
  aaaa: (name: string, data: string, ttl = 60): Answer => ({ type: 'AAAA', name, data, ttl }),
  srv: (name: string, target: string, port: number, priority = 1, weight = 1): Answer => {
    return { type: 'SRV', name, ttl: 60, data: { target, port, priority, weight } };
  },
  naptr: (name: string, order: number, services: string, replacement: string): Answer => {
    const data = { order, preference: 0, flags: 'S', services, regexp: '', replacement };
    return { type: 'NAPTR', name, ttl: 60, data };
  },
};

/** Starts a real name server on UDP that knows these records; other names do not exist (NXDOMAIN). */
export async function startNameServer(zone: readonly Answer[]): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const server: NameServer = {
    place: `127.0.0.1:${socket.address().port}`,
    asked: [],
    close: () => new Promise((closed) => socket.close(() => closed())),
  };
  socket.on('message', (bytes, from) => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    if (question === undefined) return;
    server.asked.push(`${question.type} ${question.name}`);
    const known = zone.filter(({ name }) => name === question.name);
    const answers = known.filter(({ type }) => type === question.type);
    const nameError = known.length === 0 ? 3 : 0;
    const flags = 0x0400 | nameError;
    socket.send(
      encode({ type: 'response', id: query.id ?? 0, flags, questions: [question], answers }),
      from.port,
      from.address,
    );
  });
  return server;
}
