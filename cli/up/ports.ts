import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { makeProblem, type Problem } from '../../protocol/problems/index.ts';

/** A port a part will listen on, and the setting that moves it. Port 0 stands for any free one. */
export interface WantedPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly address: string;
  readonly port: number;
  readonly use: string;
  readonly setting: string;
}

/** Tries to listen: undefined when that worked (and it stopped again), else the system's error code. */
function tryPort({ protocol, address, port }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    if (protocol === 'UDP') {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.once('error', failed);
      socket.bind(port, address, () => socket.close(() => resolve(undefined)));
    } else {
      const server = createServer();
      server.once('error', failed);
      server.listen(port, address, () => server.close(() => resolve(undefined)));
    }
  });
}

function problemOf(wanted: WantedPort, code: string): Problem {
  const place = `${wanted.protocol.toLowerCase()} ${wanted.address}:${wanted.port}`;
  if (code === 'EADDRNOTAVAIL') {
    const known = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address));
    return makeProblem('address-unknown', { address: wanted.address, known: [...known, '0.0.0.0'].join(', ') }, place);
  }
  return makeProblem('port-taken', { port: wanted.port, purpose: wanted.use, setting: wanted.setting }, place);
}

/** Says before anything starts which of the ports cannot be had; empty when all can. */
export async function takenPorts(wanted: readonly WantedPort[]): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const port of wanted.filter((entry) => entry.port !== 0)) {
    const code = await tryPort(port);
    if (code !== undefined) problems.push(problemOf(port, code));
  }
  return problems;
}
