import { Front } from '../edge/front.ts';
import { samePlace, type Place } from '../edge/source-lock.ts';
import type { LegSocket } from './leg-ports.ts';
import type { LegSetup } from './messages.ts';
import { openMovable, openPeer } from './sockets.ts';

const loopback = '127.0.0.1';

/**
 * The sockets of a secured leg: a pair for the SRTP peer and two on loopback for mediasoup, one for encrypted packets (behind the
 * front) and one for plain ones, which is the leg's own. Rejects with the system's error if a port is taken.
 */
export async function openSecured(
  setup: Pick<LegSetup, 'bind' | 'also' | 'port'>,
  take: (packet: Buffer, from: Place) => void,
  source: (ssrc: number) => void,
): Promise<LegSocket> {
  const front: Front = new Front({
    toPeer: (packet, to) => peer.send(packet, to),
    toPeerControl: (packet, to) => peer.sendControl(packet, to),
    inside: (packet) => inside.send(packet, undefined),
    source,
  });
  const peer = await openPeer(
    setup,
    (packet, from) => front.fromPeer(packet, from),
    (packet, from) => front.fromPeerControl(packet, from),
  );
  const opened: LegSocket[] = [peer];
  const closeAll = (): void => opened.forEach((socket) => socket.close());
  const onLoopback = async (taken: (packet: Buffer, from: Place) => void): Promise<LegSocket> => {
    const socket = await openMovable(loopback, taken).catch((error: unknown) => {
      closeAll();
      throw error;
    });
    opened.push(socket);
    return socket;
  };
  const inside = await onLoopback((packet) => front.fromInside(packet));
  const plain = await onLoopback(take);
  let decrypting: Place | undefined;
  return {
    port: plain.port,
    send: (packet, to) => plain.send(packet, to),
    sendControl: (packet, to) => plain.sendControl(packet, to),
    connect: (to) => plain.connect(to),
    front: {
      port: inside.port,
      configure(media, to) {
        if (!samePlace(decrypting, to)) {
          inside.connect(to);
          front.rekeyed();
        }
        decrypting = to;
        front.configure(media);
      },
      ready: (ssrc) => front.ready(ssrc),
      ice: (session) => front.ice(session),
      get iceState() {
        return front.iceState;
      },
      get strangers() {
        return front.strangers;
      },
    },
    close: closeAll,
  };
}
