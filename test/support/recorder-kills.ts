import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frameOf, ringOf, timelineOf } from '../../media/recording/fixture.test-support.ts';
import { bytesOf, recordingPath, RecordingWriter, wavBytes, wavSize } from '../../media/recording/index.ts';
import { expandTable } from '../../media/audio/g711.ts';

const program = new URL('../../media/recording/killed-writer.test-support.ts', import.meta.url).pathname;
const keys = ringOf(1);

/** What one kill left behind. */
export interface Kill {
  readonly frames: number;
  /** Audio handed over that is not in the file, ms on the media clock. */
  readonly lostMs: number;
  /** Problems of the file, none of which may be. */
  readonly wrong: readonly string[];
}

/** Kills a process that records (SIGKILL) at a moment that follows from `seed`, and looks at what it left. */
export async function killOnce(seed: number): Promise<Kill> {
  const directory = mkdtempSync(join(tmpdir(), 'jackfield-kill-'));
  try {
    // A multiplicative hash spreads the moments over chunks and over places in them.
    const tellAt = 1 + ((seed * 2_654_435_761) % 997);
    const child = spawn(process.execPath, [program, directory, String(tellAt)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    child.kill('SIGKILL');
    await ended;
    return judge(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(directory: string): Kill {
  const frames = readFileSync(join(directory, 'progress')).readUInt32LE(0);
  const path = recordingPath(directory, 'r');
  const file = readFileSync(path);
  const timeline = timelineOf(file, keys);
  const wrong: string[] = [];
  const wav = wavBytes(bytesOf(file), keys, timeline, 0, wavSize(timeline));
  for (let frame = 0; frame * 20 < timeline.lengthMs; frame++) {
    const expected = expandTable.PCMU[frameOf(frame).left[0] ?? 0];
    if (wav.readInt16LE(44 + frame * 640) !== expected) wrong.push(`frame ${String(frame)} is not what was recorded`);
  }
  if (timeline.damages.some(({ damage }) => damage !== 'cut')) wrong.push('there is damage that no death makes');
  if (timeline.end !== null) wrong.push('it says that it was finished');
  return {
    frames,
    lostMs: frames * 20 - timeline.lengthMs,
    wrong: [...wrong, ...goesOn(directory, timeline.lengthMs)],
  };
}

/** The same recording goes on in the next process, with the gap marked. */
function goesOn(directory: string, lengthMs: number): string[] {
  const wall = 1_000_000 + lengthMs + 3000;
  const again = RecordingWriter.open({ recordingId: 'r', callId: 'c', directory }, keys, () => wall);
  if (!again.ok) return [`it cannot be taken up again: ${again.error.message}`];
  for (let frame = 0; frame < 60; frame++) again.value.write(frameOf(frame));
  again.value.finish('ended');
  const { gaps, damages, parts, end, lengthMs: length } = timelineOf(readFileSync(recordingPath(directory, 'r')), keys);
  const [gap] = gaps;
  const right =
    gaps.length === 1 &&
    gap?.reason === 'media-failure' &&
    gap.fromMs === lengthMs &&
    gap.toMs - gap.fromMs === 3000 &&
    damages.length === 0 &&
    parts.length === 2 &&
    end === 'ended' &&
    length === lengthMs + 3000 + 1200;
  return right ? [] : [`taken up again it is ${JSON.stringify({ gaps, damages, parts: parts.length, end, length })}`];
}

/** Many kills, some at a time. */
export async function killMany(count: number, atOnce: number, from = 1): Promise<Kill[]> {
  const kills: Kill[] = [];
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + count) kills.push(await killOnce(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return kills;
}
