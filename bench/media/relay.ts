/** G.711 from trunk to trunk: what a packet costs, and how long it takes on its way. */
import type { BenchEntry } from '../entry.ts';
import { startBare, type Bare } from './bare.ts';
import { bridge, Jackfield } from './jackfield.ts';
import type { Stream } from './load.ts';
import type { Phones } from './phones.ts';
import { alternate, type Pace, type Side, type Taken } from './rounds.ts';
import { RtpEngine } from './rtpengine.ts';
import { pcmu, portOf, sdpOf } from './sdp.ts';

/** Sockets of the telephones: few, so that these cost little. */
const sockets = 8;
const goalUs = 'goal: no more than rtpengine';
const mostCalls = 800;

/** A relay of calls between telephones of ours on `ports`. */
interface Relay {
  readonly jackfield: Jackfield;
  readonly rtpengine: RtpEngine | undefined;
  readonly bare: Bare;
  readonly ports: readonly number[];
}

function streamsOf(targets: readonly number[]): Stream[] {
  return targets.map((to, at) => ({ socket: at % sockets, to, sound: 'counted', payloadType: 0, ticks: pcmu.ticks }));
}

function jackfieldSide({ jackfield, ports }: Relay, calls: number): Side {
  const sdp = (leg: number): string => sdpOf(ports[leg % sockets] ?? 0, pcmu);
  return {
    pid: jackfield.pid,
    async open() {
      const targets: number[] = [];
      for (let call = 0; call < calls; call++) {
        const [a, b] = [`a${call}`, `b${call}`];
        targets.push(portOf(await jackfield.sipLeg(`c${call}`, a, sdp(2 * call))));
        targets.push(portOf(await jackfield.sipLeg(`c${call}`, b, sdp(2 * call + 1))));
        await jackfield.graph(`c${call}`, bridge(a, b));
      }
      return streamsOf(targets);
    },
    async close() {
      for (let call = 0; call < calls; call++) await jackfield.closeCall(`c${call}`);
    },
  };
}

function rtpengineSide(rtpengine: RtpEngine, ports: readonly number[], calls: number): Side {
  const sdp = (leg: number): string => sdpOf(ports[leg % sockets] ?? 0, pcmu);
  return {
    pid: rtpengine.pid,
    async open() {
      const targets: number[] = [];
      for (let call = 0; call < calls; call++) {
        const { forA, forB } = await rtpengine.call(`c${call}`, sdp(2 * call), () => sdp(2 * call + 1));
        targets.push(portOf(forA), portOf(forB));
      }
      return streamsOf(targets);
    },
    async close() {
      for (let call = 0; call < calls; call++) await rtpengine.hangUp(`c${call}`);
    },
  };
}

function bareSide(bare: Bare, ports: readonly number[], calls: number): Side {
  return {
    pid: bare.pid,
    open: async () =>
      streamsOf(await bare.open(Array.from({ length: 2 * calls }, (_, leg) => ports[leg % sockets] ?? 0))),
    close: () => bare.close(),
  };
}

function directSide(ports: readonly number[], calls: number): Side {
  const targets = Array.from({ length: 2 * calls }, (_, leg) => ports[(leg + 1) % sockets] ?? 0);
  return { open: () => Promise.resolve(streamsOf(targets)), close: () => Promise.resolve() };
}

function sidesOf(relay: Relay, calls: number): Record<'jackfield' | 'bare', Side> & { rtpengine?: Side } {
  const { rtpengine, bare, ports } = relay;
  return {
    jackfield: jackfieldSide(relay, calls),
    ...(rtpengine === undefined ? {} : { rtpengine: rtpengineSide(rtpengine, ports, calls) }),
    bare: bareSide(bare, ports, calls),
  };
}

const said = ({ share, lost, kept }: Taken): string => {
  const late = kept > 0.98 ? '' : `, the telephones kept ${(100 * kept).toFixed(0)} % of their pace`;
  return `${(100 * share).toFixed(0)} % of a core, ${(100 * lost).toFixed(2)} % lost${late}`;
};

async function cost(phones: Phones, relay: Relay, pace: Pace): Promise<{ entries: BenchEntry[]; ours: Taken }> {
  const calls = 100;
  const middle = await alternate(phones, sidesOf(relay, calls), pace);
  const { jackfield, rtpengine, bare } = middle;
  const unit = 'us/packet';
  const entries: BenchEntry[] = [
    {
      ...{ name: 'media/relay', value: jackfield.usPerPacket, unit, better: 'smaller' },
      detail: `${calls} calls, ${pace.rounds} rounds of ${pace.seconds} s; the whole node: ${said(jackfield)}`,
    },
    {
      ...{ name: 'media/relay-bare', value: bare.usPerPacket, unit, better: 'reference' },
      detail: `received and sent unread by Node, the least dgram costs: ${said(bare)}`,
    },
  ];
  if (rtpengine !== undefined)
    entries.push(
      {
        ...{ name: 'media/relay-rtpengine', value: rtpengine.usPerPacket, unit, better: 'reference' },
        detail: said(rtpengine),
      },
      {
        ...{ name: 'media/relay-ratio', value: jackfield.usPerPacket / rtpengine.usPerPacket, unit: 'x' },
        ...{ better: 'smaller', detail: `of rtpengine; ${goalUs}` },
      },
    );
  return { entries, ours: jackfield };
}

async function latency(phones: Phones, relay: Relay, pace: Pace, ours: Taken): Promise<BenchEntry[]> {
  // Both carry what loads our one shard to 60 % of a core.
  const calls = Math.min(mostCalls, Math.round(0.6e6 / ours.usPerPacket / 100));
  const sides = { ...sidesOf(relay, calls), direct: directSide(relay.ports, calls) };
  const middle = await alternate(phones, sides, { ...pace, rounds: Math.min(3, pace.rounds) });
  const row = (name: string, value: number, detail: string, better: BenchEntry['better'] = 'smaller'): BenchEntry => ({
    ...{ name: `media/latency-${name}`, value, unit: 'ms', better, detail },
  });
  const { jackfield, rtpengine, direct } = middle;
  return [
    row('p50', jackfield.p50, `${calls} calls: ${said(jackfield)}`),
    row('p99', jackfield.p99, 'from sending to hearing it'),
    row('direct-p50', direct.p50, 'the same telephones without anybody between', 'reference'),
    row('direct-p99', direct.p99, 'the same', 'reference'),
    row('added-p50', jackfield.p50 - direct.p50, 'beyond the telephones without anybody between'),
    row('added-p99', jackfield.p99 - direct.p99, 'the same; goal: at most 2 ms'),
    ...(rtpengine === undefined
      ? []
      : [
          row('rtpengine-p50', rtpengine.p50, `the same calls: ${said(rtpengine)}`, 'reference'),
          row('rtpengine-p99', rtpengine.p99, 'the same calls', 'reference'),
        ]),
  ];
}

/** Measures. Without rtpengine (not installed) its rows are missing. */
export async function relayRows(phones: Phones, pace: Pace, withRtpengine: boolean): Promise<BenchEntry[]> {
  const ports = await phones.open(sockets);
  phones.sound('counted', [new Uint8Array(160).fill(0x55)]);
  const jackfield = await Jackfield.start();
  const rtpengine = withRtpengine ? await RtpEngine.start() : undefined;
  const bare = startBare();
  try {
    const relay = { jackfield, rtpengine, bare, ports };
    const { entries, ours } = await cost(phones, relay, pace);
    return [...entries, ...(await latency(phones, relay, pace, ours))];
  } finally {
    bare.stop();
    await rtpengine?.stop();
    await jackfield.stop();
  }
}
