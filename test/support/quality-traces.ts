/**
 * What the media node counts on a leg whose road is bad in a known way. The packets are drawn by a seed and their times simulated; what
 * counts them is the node's own ingress and RTCP, at both ends.
 */
import { Ingress } from '../../media/shards/ingress.ts';
import { Control } from '../../media/edge/control.ts';
import { readCompound } from '../../media/edge/rtcp.ts';
import type { LegMedia } from '../../media/shards/messages.ts';
import type { LegStatistics } from '../../server/quality/index.ts';
import { seededDraw } from './lossy-relay.ts';

/** What is wrong with the road of a leg. */
export type Fault =
  | 'wifi-loss'
  | 'carrier-loss'
  | 'carrier-jitter'
  | 'one-way-audio'
  | 'clock-skew'
  | 'wrong-codec'
  | 'busy-computer'
  | 'none';

const everyMs = 5000;
const lengthMs = 40_000;
const there = { address: '192.0.2.1', port: 4000 };

const media: LegMedia = {
  ...{ remote: there, remoteControl: there, send: { codec: 'PCMA', payloadType: 8 }, sendEvents: 101 },
  ...{ receive: [{ codec: 'PCMA', payloadType: 8 }], receiveEvents: [101], direction: 'sendrecv' },
};

interface Sent {
  readonly at: number;
  readonly bytes: Buffer;
}

/** The packets of one direction in the order they arrive, with what the fault does to them. */
function road(fault: Fault, draw: () => number): Sent[] {
  const strength = 0.3 + 0.7 * draw();
  const skew = fault === 'clock-skew' ? (draw() < 0.5 ? -1 : 1) * (400 + 1600 * strength) * 1e-6 : 0;
  const sent: Sent[] = [];
  let burst = false;
  let stall = 0;
  for (let count = 0, at = 0; at < lengthMs; count++, at = count * 20 * (1 - skew) + stall) {
    // A Wi-Fi cell that is full: bursts of loss, and queues beside them.
    if (fault === 'wifi-loss') burst = burst ? draw() < 0.7 : draw() < 0.03 * strength;
    if (fault === 'one-way-audio') continue;
    if (burst || (fault === 'carrier-loss' && draw() < 0.04 + 0.2 * strength)) continue;
    if (fault === 'busy-computer' && draw() < 0.02) stall += 150 * strength + 60;
    const delay =
      fault === 'carrier-jitter'
        ? draw() * 260 * strength + 10 * draw()
        : fault === 'wifi-loss'
          ? 25 * draw()
          : 4 * draw();
    const bytes = Buffer.alloc(172);
    bytes[0] = 0x80;
    bytes[1] = fault === 'wrong-codec' ? 18 : 8;
    bytes.writeUInt16BE((count + 65_500) & 0xffff, 2);
    bytes.writeUInt32BE((count * 160 + 7) >>> 0, 4);
    bytes.writeUInt32BE(77, 8);
    sent.push({ at: at + 30 + delay, bytes });
  }
  return sent.toSorted((a, b) => a.at - b.at);
}

/** One end: takes what arrives, and tells of it in reports. */
class End {
  readonly ingress = new Ingress(true);
  readonly control: Control;
  readonly #road: Sent[];
  #next = 0;

  constructor(ssrc: number, way: Sent[]) {
    this.control = new Control(ssrc);
    this.#road = way;
    this.ingress.configure(media);
  }

  until(ms: number): void {
    for (
      let packet = this.#road[this.#next];
      packet !== undefined && packet.at <= ms;
      packet = this.#road[this.#next]
    ) {
      this.#next++;
      this.ingress.packet(packet.bytes, there, Math.round(packet.at * 8), packet.at);
    }
  }
}

/** The counters of a leg with this fault on its way to us, looked at every 5 s for 40 s. The way back is good. */
export function traceOf(fault: Fault, kind: LegStatistics['kind'], seed: number): { at: number; leg: LegStatistics }[] {
  const draw = seededDraw(seed * 7919 + 1);
  for (let warm = 0; warm < 10; warm++) draw();
  const [us, far] = [new End(1, road(fault, draw)), new End(77, road('none', draw))];
  const trace = [];
  for (let at = everyMs; at <= lengthMs; at += everyMs) {
    us.until(at);
    far.until(at);
    const block = far.ingress.reception.block(at);
    const report = far.control.report({ packets: 1, octets: 160, timestamp: 1 }, block && { ...block, ssrc: 1 }, at);
    const read = readCompound(report);
    if (read !== undefined) us.control.take(read, at);
    trace.push({ at, leg: statisticsOf(us, kind, far.ingress.packets) });
  }
  return trace;
}

function statisticsOf({ ingress, control }: End, kind: LegStatistics['kind'], went: number): LegStatistics {
  const { totals } = ingress.reception;
  return {
    ...{ endpointId: 'c.1', callId: 'c', kind, connected: true, codec: 'PCMA', strangers: 0 },
    ...{ packetsReceived: ingress.packets, packetsSent: went, octetsReceived: ingress.octets, octetsSent: 160 * went },
    unknown: ingress.unknown,
    ...(totals === undefined
      ? {}
      : {
          received: {
            ...{ expected: totals.expected, lost: totals.lost, gaps: totals.gaps, jitterMs: totals.jitter / 8 },
            ...(totals.driftPpm === undefined ? {} : { driftPpm: totals.driftPpm }),
          },
        }),
    ...(control.far === undefined
      ? {}
      : { sent: { lost: control.far.lost, lossRatio: control.far.lossRatio, jitterMs: control.far.jitter / 8 } }),
  };
}
