/** What recording costs, and what kill -9 costs a recording. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TapRingWriter, tapRingMemory } from '../media/audio/tap-ring.ts';
import { recordingKey, recordingPath, RecorderSession } from '../media/recording/index.ts';
import { killMany } from '../test/support/recorder-kills.ts';
import type { BenchContext, BenchReport } from './entry.ts';

const calls = 50;
const seconds = 60;

/** CPU of the recorder for a second of one call, and bytes of an hour. */
function cost(): { readonly microseconds: number; readonly bytesPerHour: number } {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-bench-'));
  try {
    const key = recordingKey(Buffer.alloc(32, 1));
    const keys = { current: key, byId: new Map([[key.keyId, key]]) };
    const session = new RecorderSession(directory, keys, Date.now, () => {});
    const rings = Array.from({ length: calls }, (_, at) => {
      const memory = tapRingMemory(320);
      session.take({ type: 'open', recordingId: `r${String(at)}`, callId: 'c', memory });
      return new TapRingWriter(memory);
    });
    const frame = Int16Array.from({ length: 320 }, (_, at) => Math.round(8000 * Math.sin(at)));
    const before = process.cpuUsage();
    for (let at = 0; at < seconds * 50; at++) {
      for (const ring of rings) ring.write(frame, at * 20);
      if (at % 5 === 4) session.drain();
    }
    session.take({ type: 'stop' });
    const { user, system } = process.cpuUsage(before);
    const bytes = statSync(recordingPath(directory, 'r0')).size;
    return { microseconds: (user + system) / calls / seconds, bytesPerHour: (bytes * 3600) / seconds };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function run({ full }: BenchContext): Promise<BenchReport> {
  const { microseconds, bytesPerHour } = cost();
  const kills = await killMany(full ? 1000 : 100, 2);
  const wrong = kills.flatMap((kill) => kill.wrong);
  const lost = kills.map(({ lostMs }) => lostMs).sort((a, b) => a - b);
  const named = `${String(kills.length)} processes killed with SIGKILL while they record`;
  return {
    entries: [
      {
        name: 'recording/cpu',
        value: microseconds,
        unit: 'us a call and second',
        better: 'smaller',
        detail: 'companding, sealing, writing',
      },
      {
        name: 'recording/g711-hour',
        value: bytesPerHour / 1e6,
        unit: 'MB',
        better: 'reference',
        detail: 'two channels',
      },
      { name: 'recording/kill-lost-most', value: lost.at(-1) ?? 0, unit: 'ms', better: 'smaller', detail: named },
      {
        name: 'recording/kill-lost-median',
        value: lost[lost.length >> 1] ?? 0,
        unit: 'ms',
        better: 'smaller',
        detail: named,
      },
      { name: 'recording/kill-unplayable', value: wrong.length, unit: 'files', better: 'smaller', detail: named },
    ],
    samples: { 'recording/kill-lost': lost },
    notes: wrong.slice(0, 10),
  };
}
