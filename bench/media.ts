/**
 * What the media node costs, beside Debian's rtpengine in the same run where that does the same work: relay, latency,
 * agents' SRTP, transcoding; how much of what only we do a core carries, and from mouth to ear. CPU from /proc, turn about, medians.
 */
import type { BenchContext, BenchEntry, BenchReport } from './entry.ts';
import { featureRows } from './media/features.ts';
import { mouthRows } from './media/mouth.ts';
import { Phones } from './media/phones.ts';
import { relayRows } from './media/relay.ts';
import type { Pace } from './media/rounds.ts';
import { rtpengineVersion } from './media/rtpengine.ts';
import { securedRows } from './media/secured.ts';
import { transcodeRows } from './media/transcode.ts';

const usual: Pace = { rounds: 5, seconds: 3, warmSeconds: 1, firstSeconds: 3 };
const quickly: Pace = { rounds: 2, seconds: 1.2, warmSeconds: 0.5, firstSeconds: 2 };

/** Measures. What cannot be measured is said, and does not keep the rest from being so. */
export async function run({ quick }: BenchContext): Promise<BenchReport> {
  const pace = quick ? quickly : usual;
  const version = rtpengineVersion();
  const notes = [
    version === undefined
      ? 'rtpengine is not installed (Debian: apt-get install rtpengine-daemon): its rows are missing'
      : `rtpengine ${version.replace(/^Version: /, '')}, one thread, in user space (its kernel module is not used)`,
  ];
  const entries: BenchEntry[] = [];
  const parts: Readonly<Record<string, (phones: Phones) => Promise<readonly BenchEntry[]>>> = {
    relay: (phones) => relayRows(phones, pace, version !== undefined),
    agents: (phones) => securedRows(phones, pace, version !== undefined),
    transcoding: (phones) => transcodeRows(phones, pace, version !== undefined),
    'recording, plays and mixes': (phones) => featureRows(phones, pace),
    'mouth to ear': () => mouthRows(quick ? 6 : 12),
  };
  for (const [name, measure] of Object.entries(parts)) {
    const phones = new Phones();
    try {
      entries.push(...(await measure(phones)));
    } catch (error) {
      notes.push(`${name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      phones.close();
    }
  }
  return { entries, notes };
}
