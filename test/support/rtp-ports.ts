/** UDP ports of peers that speak RTP. */
import { createSocket, type Socket } from 'node:dgram';

/** A UDP socket on `port` of an address, or on any free one. */
export function bound(address: string, port = 0): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port }, () => resolve(socket));
  });
}

/** A port and the next one, where RTCP goes: without it the reports of one peer's call would reach another peer. */
export async function boundPair(address: string): Promise<readonly [Socket, Socket]> {
  for (;;) {
    const rtp = await bound(address);
    try {
      return [rtp, await bound(address, rtp.address().port + 1)];
    } catch {
      rtp.close();
    }
  }
}
