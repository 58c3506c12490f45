import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { samePlace, type Place } from '../edge/source-lock.ts';
import type { LegSocket } from './leg-ports.ts';
import type { LegSetup } from './messages.ts';

/** The system's default of 208 KB overflows when the thread stalls for 10 ms under load. */
const bufferBytes = 1 << 20;

type Take = (packet: Buffer, from: Place) => void;

type Found = (error: null, address: string, family: number) => void;

/** Addresses come as digits, never as names, so nothing has to be looked up, nor looked at: this runs for every packet. */
const literal = {
  udp4: (host: string, _options: unknown, done: Found): void => done(null, host, 4),
  udp6: (host: string, _options: unknown, done: Found): void => done(null, host, 6),
} as const;

function bound(address: string, port: number, take: Take): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const type = isIPv6(address) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, lookup: literal[type] });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // ICMP port unreachable of one far side is no error of ours; its leg times out by itself. A packet that cannot be
      // sent is a lost packet: `send` without a callback says nothing of it, and saves a turn of the event loop each.
      socket.on('error', () => {});
      // RFC 768: nobody is at port 0. Whoever writes it into a packet must not become the far side.
      socket.on('message', (packet, from) => {
        if (from.port !== 0) take(packet, from);
      });
      socket.setRecvBufferSize(bufferBytes);
      socket.setSendBufferSize(bufferBytes);
      resolve(socket);
    });
  });
}

/** Node throws for other ports, which would end the shard with all its calls: port 65535 for RTP has none above for RTCP. */
function isPlace(to: Place | undefined): to is Place {
  return to !== undefined && to.port > 0 && to.port <= 65_535;
}

/** A pair of sockets for RTP and, one port above, RTCP. Rejects with the system's error if a port is taken. */
export async function openPair(address: string, port: number, take: Take, takeControl: Take): Promise<LegSocket> {
  const rtp = await bound(address, port, take);
  const rtcp = await bound(address, port + 1, takeControl).catch((error: unknown) => {
    rtp.close();
    throw error;
  });
  let open = true;
  return {
    port,
    send: (packet, to) => open && isPlace(to) && rtp.send(packet, to.port, to.address),
    sendControl: (packet, to) => open && isPlace(to) && rtcp.send(packet, to.port, to.address),
    connect: () => {},
    close() {
      if (!open) return;
      open = false;
      rtp.close();
      rtcp.close();
    },
  };
}

/** A pair on each of two addresses, one IPv4 and one IPv6, with the same ports; what is sent goes from the family of its place. */
export async function openDual(
  [address, also]: readonly [string, string],
  port: number,
  take: Take,
  takeControl: Take,
): Promise<LegSocket> {
  const first = await openPair(address, port, take, takeControl);
  const second = await openPair(also, port, take, takeControl).catch((error: unknown) => {
    first.close();
    throw error;
  });
  const [four, six] = isIPv6(address) ? [second, first] : [first, second];
  const of = (to: Place | undefined): LegSocket => (to?.address.includes(':') === true ? six : four);
  return {
    port,
    send: (packet, to) => of(to).send(packet, to),
    sendControl: (packet, to) => of(to).sendControl(packet, to),
    connect: () => {},
    close() {
      first.close();
      second.close();
    },
  };
}

/** The sockets towards a SIP peer: of one family, or of both. Rejects with the system's error if a port is taken. */
export function openPeer(
  { bind, also, port }: Pick<LegSetup, 'bind' | 'also' | 'port'>,
  take: Take,
  takeControl: Take,
): Promise<LegSocket> {
  return also === undefined ? openPair(bind, port, take, takeControl) : openDual([bind, also], port, take, takeControl);
}

/** One socket on loopback for RTP and RTCP with our own mediasoup; sends nothing before it is connected. */
export async function openLoopback(address: string, take: Take): Promise<LegSocket> {
  const socket = await bound(address, 0, take);
  let open = true;
  let connected = false;
  const send = (packet: Buffer): void => {
    if (open && connected) socket.send(packet);
  };
  return {
    port: socket.address().port,
    send,
    sendControl: send,
    connect(to) {
      socket.connect(to.port, to.address, () => {
        connected = true;
      });
    },
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}

/**
 * Like {@link openLoopback}, but `connect` may be called again with another place. Not connected for the system: Linux takes the
 * port from a socket that is disconnected if it chose the port itself.
 */
export async function openMovable(address: string, take: Take): Promise<LegSocket> {
  let far: Place | undefined;
  const socket = await bound(address, 0, (packet, from) => {
    if (samePlace(far, from)) take(packet, from);
  });
  let open = true;
  const send = (packet: Buffer): void => {
    if (open && far !== undefined) socket.send(packet, far.port, far.address);
  };
  return {
    port: socket.address().port,
    send,
    sendControl: send,
    connect(to) {
      far = to;
    },
    close() {
      if (!open) return;
      open = false;
      socket.close();
    },
  };
}
