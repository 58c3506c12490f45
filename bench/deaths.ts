/** How long callers hear nothing when the media node is killed under them, measured where they hear it: by their RTP. */
import { callScript, placeCall, type Call } from '../cli/caller/index.ts';
import type { TestSite } from '../test/support/site.ts';
import { type Stage, stages, stagesSince } from './death-stages.ts';
import type { BenchContext, BenchEntry, BenchReport } from './entry.ts';
import { numbers, startBenchSite } from './site.ts';
import { median, quantile, rounded } from './statistics.ts';

/** Callers who wait with music while the node dies. */
const callers = 8;
/** How often a caller's packets are looked at, ms. */
const lookMs = 5;
/** Kills of a full run and of a quick one. */
const kills = { full: 40, usual: 15, quick: 4 } as const;
/** A call that is moved more than eight times in a minute is let go: ms between two kills. */
const betweenMs = 9000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function waiting(site: TestSite, at: number): Promise<Call> {
  const script = callScript({ digits: '', digitsAfterMs: 0, sayAfterMs: 0, sayTimes: 0, sayEveryMs: 0 });
  const to = { host: '127.0.0.1', port: site.sipPort };
  const from = `+86138${String(20_000_000 + at)}`;
  const call = await placeCall({ called: numbers.queue, to, from, script });
  await call.answered;
  return call;
}

/** The longest time without a packet from now until every caller has heard so many more after the gap; one value a caller. */
async function gaps(calls: readonly Call[], kill: () => Promise<unknown>): Promise<number[]> {
  const seen = calls.map(({ statistics }) => ({
    packets: statistics.received.packets,
    at: performance.now(),
    gap: 0,
    after: 0,
  }));
  await kill();
  const late = performance.now() + 30_000;
  while (seen.some(({ gap, after }) => gap < 100 || after < 25) && performance.now() < late) {
    await pause(lookMs);
    const now = performance.now();
    for (const [index, each] of seen.entries()) {
      const packets = calls[index]?.statistics.received.packets ?? 0;
      if (packets === each.packets) continue;
      each.gap = Math.max(each.gap, now - each.at);
      if (each.gap >= 100) each.after += packets - each.packets;
      Object.assign(each, { packets, at: now });
    }
  }
  return seen.map(({ gap, after }) => (after < 25 ? Number.POSITIVE_INFINITY : gap));
}

/** Measures. */
export async function run({ full, quick }: BenchContext): Promise<BenchReport> {
  const count = full ? kills.full : quick ? kills.quick : kills.usual;
  const site = await startBenchSite();
  const heard: number[] = [];
  const ended: Record<Stage, number[]> = { noticed: [], listening: [], connected: [], resumed: [] };
  try {
    const calls = await Promise.all(Array.from({ length: callers }, (_, at) => waiting(site, at)));
    for (let killed = 0; killed < count; killed++) {
      const began = performance.now();
      const at = { killed: 0 };
      const kill = async (): Promise<void> => {
        const pid = await site.pidOf('media');
        at.killed = Date.now();
        process.kill(pid, 'SIGKILL');
      };
      heard.push(...(await gaps(calls, kill)));
      await site.untilReady('media');
      const found = await stagesSince(site, at.killed);
      for (const stage of stages) ended[stage].push(...found[stage]);
      await pause(Math.max(0, betweenMs - (performance.now() - began)));
    }
    for (const call of calls) call.hangUp();
    await Promise.all(calls.map((call) => call.ended));
  } finally {
    await site.stop();
  }
  const back = heard.filter(Number.isFinite);
  const detail = `${String(count)} kills -9 under ${String(callers)} callers who hear music, by their RTP`;
  const entry = (name: string, value: number): BenchEntry => ({
    ...{ name: `deaths/${name}`, value: rounded(value), unit: 'ms', better: 'smaller', detail },
  });
  const stageEntry = (stage: Stage, what: string, value: number): BenchEntry => ({
    ...{ name: `deaths/until-${stage}-${what}`, value: rounded(value), unit: 'ms', better: 'reference' },
    detail: 'after the kill; the last is told by the ledger, leg by leg',
  });
  return {
    entries: [
      ...stages.flatMap((stage) => [
        stageEntry(stage, 'median', median(ended[stage])),
        stageEntry(stage, 'p95', quantile(ended[stage], 0.95)),
      ]),
      entry('gap-median', median(back)),
      entry('gap-p95', quantile(back, 0.95)),
      entry('gap-most', Math.max(...back)),
      { name: 'deaths/lost', value: heard.length - back.length, unit: 'legs', better: 'smaller', detail },
    ],
    samples: { 'deaths/gap': back },
  };
}
