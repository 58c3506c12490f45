/** What the SIP engine's journal costs a call: CPU of the signalling thread, and how far the file lags behind. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { Dialogs, newDialog } from '../server/sip-engine/dialog/dialog.ts';
import type { Dialog } from '../server/sip-engine/dialog/dialog.ts';
import { fileDisk } from '../server/sip-engine/journal/disk.ts';
import { closedFlow } from '../server/sip-engine/journal/entry.ts';
import { Journal } from '../server/sip-engine/journal/journal.ts';
import { readJournal } from '../server/sip-engine/journal/lines.ts';
import type { BenchEntry, BenchReport } from './entry.ts';

const sdp = Buffer.from(`v=0\r\n${'a=rtpmap:101 telephone-event/8000\r\n'.repeat(10)}`);
/** Calls that begin in one turn of the event loop, as many as at 2,000 calls/s in 2.5 ms. */
const perTurn = 5;

function confirmed(n: number): Dialog {
  const callId = `0123456789abcdef-${n}@192.0.2.1`;
  const flow = closedFlow({
    protocol: 'udp',
    remote: { host: '192.0.2.1', port: 5060 },
    local: { host: '192.0.2.2', port: 5060 },
  });
  const dialog = newDialog({
    id: `${callId};from-tag=abcdef`,
    role: 'uas',
    kind: 'INVITE',
    callId,
    localTag: 'fedcba',
    remoteTag: 'abcdef',
    localParty: '<sip:+8653100000@192.0.2.2>;tag=fedcba',
    remoteParty: '"Somebody" <sip:+8613800000000@192.0.2.1>;tag=abcdef',
    localSeq: 0,
    remoteSeq: 1,
    remoteTarget: 'sip:caller@192.0.2.1:5060',
    routeSet: ['<sip:192.0.2.3;lr>'],
    localContact: '<sip:192.0.2.2:5060>',
    since: Date.now(),
    owner: undefined,
    tag: 'jackfield',
    flow,
    source: undefined,
  });
  return Object.assign(dialog, { state: 'confirmed', localSdp: sdp });
}

/**
 * Calls that are confirmed, acknowledged, held once and ended, with 500 of them standing at any time. Microseconds of this
 * process's CPU (its threads included) a call; `journal` absent: the same without.
 */
async function cost(calls: number, journal: Journal | undefined): Promise<number> {
  const dialogs = new Dialogs();
  if (journal !== undefined) {
    dialogs.watchedBy(journal);
    journal.start(dialogs);
  }
  const standing: Dialog[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n += perTurn) {
    for (let each = 0; each < perTurn; each++) {
      const dialog = confirmed(n + each);
      dialogs.add(dialog);
      standing.push(dialog);
    }
    await turn();
    for (const dialog of standing.slice(-perTurn)) {
      const held = dialogs.get(dialog.id);
      if (held !== undefined) held.remoteSeq = 2;
    }
    await turn();
    if (standing.length > 500) for (const dialog of standing.splice(0, perTurn)) dialogs.remove(dialog);
    await turn();
  }
  const used = process.cpuUsage(before);
  return (used.user + used.system) / calls;
}

/** Measures on a file in the system's folder for temporary files, after a warm-up. */
export async function run(): Promise<BenchReport> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-'));
  const file = join(folder, 'journal');
  const open = (): Journal => new Journal(fileDisk(file), systemClock, silentLogger);
  try {
    const calls = 50_000;
    await cost(20_000, undefined);
    const without = await cost(calls, undefined);
    const journal = open();
    const with_ = await cost(calls, journal);
    await journal.close();
    const began = performance.now();
    const { dialogs } = readJournal(readFileSync(file));
    const readMs = performance.now() - began;
    const entries: BenchEntry[] = [
      {
        name: 'journal/cpu-per-call',
        value: with_ - without,
        unit: 'us',
        better: 'smaller',
        detail: `confirmed, acknowledged, held, ended; all threads, ${calls} calls, 500 standing`,
      },
      {
        name: 'journal/left',
        value: dialogs.length,
        unit: 'calls',
        better: 'reference',
        detail: 'read again at the end',
      },
      { name: 'journal/read', value: readMs, unit: 'ms', better: 'smaller', detail: 'taking them up again' },
    ];
    return { entries };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
