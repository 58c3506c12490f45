import type { types } from 'mediasoup';

/** How well packets travel between a browser and mediasoup, as its own RTCP says. Fields as in the media RPC's inventory. */
export interface NetworkStatistics {
  readonly received?: { readonly expected: number; readonly lost: number; readonly jitterMs: number };
  readonly sent?: { readonly lost: number; readonly lossRatio: number; readonly jitterMs: number };
  readonly roundTripMs?: number;
}

/** Where it is read: the browser's voice, and what goes to the browser. */
export interface Watched {
  readonly said: Pick<types.Producer, 'getStats'>;
  readonly heard: Pick<types.Consumer, 'getStats'>;
  readonly ticksPerMs: number;
}

/** Asks mediasoup. Undefined if it is gone; a part is absent before the browser sent, or reported, anything. */
export async function readStatistics({ said, heard, ticksPerMs }: Watched): Promise<NetworkStatistics | undefined> {
  try {
    const [producer, consumer] = await Promise.all([said.getStats(), heard.getStats()]);
    const inbound = producer.find(({ type }) => type === 'inbound-rtp');
    const outbound = consumer.find(({ type }) => type === 'outbound-rtp');
    const roundTripMs = outbound?.roundTripTime ?? inbound?.roundTripTime;
    return {
      ...(inbound === undefined || inbound.packetCount === 0 ? {} : { received: receivedOf(inbound, ticksPerMs) }),
      // No round trip: the browser has not reported what it hears.
      ...(outbound?.roundTripTime === undefined ? {} : { sent: sentOf(outbound) }),
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
    };
  } catch {
    return undefined;
  }
}

function receivedOf(
  { packetCount, packetsLost, jitter }: types.ProducerStat,
  ticksPerMs: number,
): NonNullable<NetworkStatistics['received']> {
  return { expected: packetCount + packetsLost, lost: packetsLost, jitterMs: jitter / ticksPerMs };
}

/** The jitter at the browser's end is in its report, but mediasoup does not tell it. */
function sentOf({ packetsLost, fractionLost }: types.ConsumerStat): NonNullable<NetworkStatistics['sent']> {
  return { lost: packetsLost, lossRatio: fractionLost / 256, jitterMs: 0 };
}
