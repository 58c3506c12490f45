import { median } from '../statistics.ts';
import { ranMs } from './cpu.ts';
import type { Stream } from './load.ts';
import type { Phones } from './phones.ts';

/** One who carries the streams of telephones, among several that do it in turn. */
export interface Side {
  /** Absent: nobody in between, the telephones speak to each other. */
  readonly pid?: number;
  /** Makes the calls anew: who has none costs nothing while the others are measured. */
  open(): Promise<readonly Stream[]>;
  close(): Promise<void>;
}

/** What one side took, in one round or (medians) in all. */
export interface Taken {
  /** Microseconds of processor time for each packet that came through. */
  readonly usPerPacket: number;
  /** Share of a core. */
  readonly share: number;
  readonly p50: number;
  readonly p99: number;
  /** Share of packets that did not come back. */
  readonly lost: number;
  /** How much of their pace the telephones kept: below 1 the machine was too busy for them, and they measure themselves. */
  readonly kept: number;
}

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmSeconds: number;
  /** Of the first turn of each side, which is not counted. */
  readonly firstSeconds: number;
}

async function round(phones: Phones, side: Side, { seconds, warmSeconds }: Pace): Promise<Taken> {
  const streams = await side.open();
  try {
    await phones.talk(streams, warmSeconds);
    const ran = (): number => (side.pid === undefined ? 0 : ranMs(side.pid));
    const before = ran();
    const { sent, received, seconds: took, p50, p99 } = await phones.talk(streams, seconds);
    const ms = ran() - before;
    const lost = Math.max(0, (sent - received) / sent);
    const kept = Math.min(1, seconds / took);
    return { usPerPacket: (ms * 1000) / Math.min(sent, received), share: ms / 1000 / took, p50, p99, lost, kept };
  } finally {
    await side.close();
  }
}

function middle(all: readonly Taken[]): Taken {
  const of = (pick: (each: Taken) => number): number => median(all.map(pick));
  return {
    usPerPacket: of((each) => each.usPerPacket),
    share: of((each) => each.share),
    p50: of((each) => each.p50),
    p99: of((each) => each.p99),
    lost: of((each) => each.lost),
    kept: of((each) => each.kept),
  };
}

/** The medians of each side; of one that is not there none. */
export type Middles<Sides> = { [Name in keyof Sides]: Taken };

/** Turn about: what else the machine does meets all sides alike. Each side is warmed up once more before its first turn. */
export async function alternate<Sides extends { readonly [name: string]: Side | undefined }>(
  phones: Phones,
  sides: Sides,
  pace: Pace,
): Promise<Middles<Sides>> {
  const there = Object.entries(sides).flatMap(([name, side]) => (side === undefined ? [] : [{ name, side }]));
  const all = new Map<string, Taken[]>(there.map(({ name }) => [name, []]));
  for (let at = -1; at < pace.rounds; at++)
    for (const { name, side } of there) {
      // What compiles as it runs has to have run.
      const taken = await round(
        phones,
        side,
        at < 0 ? { ...pace, warmSeconds: pace.firstSeconds, seconds: 0.1 } : pace,
      );
      if (at >= 0) all.get(name)?.push(taken);
    }
  return Object.fromEntries([...all].map(([name, taken]) => [name, middle(taken)])) as Middles<Sides>;
}
