/** What else a core carries: calls that are recorded and listened to, prompts that are played, conferences. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../media/audio/wav.ts';
import type { Graph } from '../../protocol/media.ts';
import type { BenchEntry } from '../entry.ts';
import { Jackfield } from './jackfield.ts';
import type { Stream } from './load.ts';
import type { Phones } from './phones.ts';
import { alternate, type Pace, type Side } from './rounds.ts';
import { pcmu, portOf, sdpOf } from './sdp.ts';
import { voice, voiceInPcmu } from './sounds.ts';

const sockets = 8;

/** Calls of `legs` telephones, all of which talk, under a graph of its own for each call. */
interface Kind {
  readonly name: string;
  readonly calls: number;
  readonly legs: number;
  readonly graph: (call: string, legs: readonly string[]) => Partial<Graph>;
}

function edgesAmong(legs: readonly string[]): Graph['edges'] {
  return legs.flatMap((to) => legs.filter((from) => from !== to).map((from) => ({ from, to, gainDb: 0 })));
}

function kinds(wav: string): Record<'relay' | 'recorded' | 'listened' | 'plays' | 'mixes', Kind> {
  const recordings = (call: string, [caller = '']: readonly string[]): Graph['recordings'] => [
    { recordingId: `r-${call}-${randomBytes(4).toString('hex')}`, endpointId: caller, state: 'on' },
  ];
  return {
    relay: { name: 'relay', calls: 40, legs: 2, graph: (_call, legs) => ({ edges: edgesAmong(legs) }) },
    recorded: {
      ...{ name: 'recorded', calls: 40, legs: 2 },
      graph: (call, legs) => ({ edges: edgesAmong(legs), recordings: recordings(call, legs) }),
    },
    listened: {
      ...{ name: 'listened', calls: 25, legs: 3 },
      graph: (call, [caller = '', agent = '', supervisor = '']) => {
        const heard = [caller, agent].map((from) => ({ from, to: supervisor, gainDb: 0 }));
        return { edges: [...edgesAmong([caller, agent]), ...heard], recordings: recordings(call, [caller]) };
      },
    },
    plays: {
      ...{ name: 'plays', calls: 100, legs: 1 },
      graph: (call, [to = '']) => ({ plays: [{ playId: `p-${call}`, to, files: [wav], loop: true }] }),
    },
    mixes: { name: 'mixes', calls: 25, legs: 3, graph: (_call, legs) => ({ edges: edgesAmong(legs) }) },
  };
}

function sideOf(jackfield: Jackfield, ports: readonly number[], { name, calls, legs, graph }: Kind): Side {
  // Recordings are of one call for life, so a call of each round is another one.
  let turn = 0;
  const callId = (call: number): string => `${name}${turn}-${call}`;
  return {
    pid: jackfield.pid,
    async open() {
      turn++;
      const streams: Stream[] = [];
      for (let call = 0; call < calls; call++) {
        const ids = Array.from({ length: legs }, (_, leg) => `${callId(call)}-${leg}`);
        for (const id of ids) {
          const socket = streams.length % sockets;
          const to = portOf(await jackfield.sipLeg(callId(call), id, sdpOf(ports[socket] ?? 0, pcmu)));
          streams.push({ socket, to, sound: 'voice', payloadType: 0, ticks: pcmu.ticks });
        }
        await jackfield.graph(callId(call), graph(callId(call), ids));
      }
      return streams;
    },
    async close() {
      for (let call = 0; call < calls; call++) await jackfield.closeCall(callId(call));
    },
  };
}

function filesOf(): { readonly folder: string; readonly wav: string; readonly args: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-features-'));
  const [wav, keyFile, recordings] = [join(folder, 'music.wav'), join(folder, 'key'), join(folder, 'recordings')];
  writeFileSync(wav, writeWav({ sampleRate: 8000, samples: voice(8000) }));
  writeFileSync(keyFile, randomBytes(32).toString('hex'));
  mkdirSync(recordings);
  return { folder, wav, args: ['--recordings', recordings, '--recording-key-file', keyFile] };
}

/** Measures. All of it is ours alone: rtpengine mixes nothing, and records to files that are not sealed. */
export async function featureRows(phones: Phones, pace: Pace): Promise<BenchEntry[]> {
  const ports = await phones.open(sockets);
  phones.sound('voice', voiceInPcmu());
  const { folder, wav, args } = filesOf();
  const jackfield = await Jackfield.start(args);
  try {
    const all = kinds(wav);
    const side = (kind: Kind): Side => sideOf(jackfield, ports, kind);
    const sides = {
      ...{ relay: side(all.relay), recorded: side(all.recorded), listened: side(all.listened) },
      ...{ plays: side(all.plays), mixes: side(all.mixes) },
    };
    const middle = await alternate(phones, sides, { ...pace, rounds: Math.min(3, pace.rounds) });
    const row = (kind: keyof typeof sides, unit: string, what: string): BenchEntry => ({
      name: `media/${kind}-per-core`,
      value: all[kind].calls / middle[kind].share,
      ...{ unit, better: 'larger' },
      detail: `${what}; ${all[kind].calls} took ${(100 * middle[kind].share).toFixed(0)} % of a core`,
    });
    return [
      row('relay', 'calls/core', 'two legs of G.711 that only pass by, for comparison'),
      row('recorded', 'calls/core', 'the same, recorded (decoded, sealed and written)'),
      row('listened', 'calls/core', 'the same, recorded, and a supervisor listens to both (mixed)'),
      row('plays', 'plays/core', 'one file to many who talk meanwhile'),
      row('mixes', 'conferences/core', 'three legs of G.711, each hears the other two'),
    ];
  } finally {
    await jackfield.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
