/** sipp as a load: nothing is traced but what is counted. Debian: sip-tester. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ScriptItem } from '../cli/caller/index.ts';
import { freePort, portOpen, type Program, startProgram } from '../test/support/programs.ts';
import { scriptToPcap } from '../test/support/rtp-pcap.ts';
import { callerScenario } from '../test/support/sipp.ts';

export interface LoadOptions {
  /** Where to call, on 127.0.0.1. */
  readonly port: number;
  /** UDP if absent; TCP is one connection, as of a trunk. */
  readonly transport?: 'udp' | 'tcp';
  readonly called: string;
  /** How many calls are in progress at most; as one ends the next begins. */
  readonly atOnce: number;
  /** How many begin in a second at most. */
  readonly perSecond: number;
  /** How long calls begin. */
  readonly seconds: number;
  /** Who says BYE. */
  readonly bye: 'caller' | 'called';
  /** What is sent as RTP once it is answered. */
  readonly script?: readonly ScriptItem[];
  /** No more calls than these. */
  readonly calls?: number;
}

export interface LoadResult {
  readonly successful: number;
  readonly failed: number;
  /** Messages that sipp sent once more, because no answer came in time. */
  readonly retransmitted: number;
  /** From the first call to the end of the last, in seconds. */
  readonly seconds: number;
  /** From INVITE to 200, each call, in ms. */
  readonly setUpMs: readonly number[];
}

function own(sipPort: number, mediaPort: number, transport: 'udp' | 'tcp' = 'udp'): string[] {
  return [
    '-i',
    '127.0.0.1',
    '-p',
    String(sipPort),
    '-mi',
    '127.0.0.1',
    '-mp',
    String(mediaPort),
    '-nostdin',
    '-t',
    transport === 'tcp' ? 't1' : 'u1',
  ];
}

function read(folder: string, ends: string): string {
  const name = readdirSync(folder).find((each) => each.endsWith(ends));
  return name === undefined ? '' : readFileSync(join(folder, name), 'utf8');
}

/** Column `title` of the last line of sipp's statistics. */
function counted(statistics: string, title: string): number {
  const [titles = '', ...rows] = statistics.trim().split('\n');
  return Number(rows.at(-1)?.split(';')[titles.split(';').indexOf(title)] ?? 0);
}

/** Calls for `seconds`, lets the last calls end, and counts. Rejects when sipp says nothing. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-load-'));
  try {
    const talk = options.script === undefined ? undefined : scriptToPcap(options.script, 101);
    if (talk !== undefined) writeFileSync(join(folder, 'script.pcap'), talk.pcap);
    const talksMs = options.bye === 'caller' ? 0 : 'until-bye';
    const { port, called } = options;
    // The BYE may come while the script still plays, so sipp does not wait for its end.
    const scenario = callerScenario({ port, called, talksMs }, talk === undefined ? undefined : 1);
    writeFileSync(join(folder, 'scenario.xml'), scenario);
    const [sipPort, mediaPort] = await Promise.all([freePort(), freePort()]);
    const args = [`127.0.0.1:${options.port}`, '-sf', 'scenario.xml', ...own(sipPort, mediaPort, options.transport)];
    if (options.calls !== undefined) args.push('-m', String(options.calls));
    args.push(
      '-l',
      String(options.atOnce),
      '-r',
      String(options.perSecond),
      '-timeout',
      String(options.seconds + 110),
      '-recv_timeout',
      '20000',
    );
    args.push('-trace_stat', '-stf', 'statistics.csv', '-fd', '1', '-trace_rtt', '-rtt_freq', '1');
    const sipp = startProgram('sipp', args, folder);
    const began = performance.now();
    await Promise.race([pause(options.seconds * 1000), sipp.exited]);
    // "q": no new calls, and the end when the last is over.
    if (sipp.child.exitCode === null) sipp.child.kill('SIGUSR1');
    await sipp.exited;
    const seconds = (performance.now() - began) / 1000;
    const statistics = read(folder, 'statistics.csv');
    if (statistics === '') throw new Error(`sipp counted nothing: ${sipp.output().slice(-500)}`);
    const setUpMs = read(folder, '_rtt.csv')
      .split('\n')
      .slice(1)
      .flatMap((line) => (line === '' ? [] : [Number(line.split(';')[1])]));
    return {
      successful: counted(statistics, 'SuccessfulCall(C)'),
      failed: counted(statistics, 'FailedCall(C)'),
      retransmitted: counted(statistics, 'Retransmissions(C)'),
      seconds,
      setUpMs,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A called party, sipp's own or that of a scenario: 180, 200, and it waits for BYE. The owner stops it. */
export async function startCalled(
  scenario: readonly string[] = ['-sn', 'uas'],
): Promise<{ readonly program: Program; readonly port: number }> {
  const [port, mediaPort] = await Promise.all([freePort(), freePort()]);
  const program = startProgram('sipp', [...scenario, ...own(port, mediaPort)], tmpdir());
  await Promise.race([portOpen('udp', port), program.exited]);
  return { program, port };
}
