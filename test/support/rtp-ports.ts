/** UDP ports of peers that speak RTP. */
import { createSocket, type Socket } from 'node:dgram';

/** A UDP socket on `port` of an address, or on any free one. */
export function bound(address: string, port = 0): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port }, () => resolve(socket));
  });
}

/**
 * An even port and the next one, where RTCP goes (RFC 3550 section 11): without it the reports of one peer's call, or the
 * goodbye of one that was closed a moment ago, would reach another peer.
 */
export async function boundPair(address: string): Promise<readonly [Socket, Socket]> {
  for (;;) {
    const rtp = await bound(address);
    const { port } = rtp.address();
    const rtcp = port % 2 === 0 ? await bound(address, port + 1).catch(() => undefined) : undefined;
    if (rtcp !== undefined) return [rtp, rtcp];
    rtp.close();
  }
}
