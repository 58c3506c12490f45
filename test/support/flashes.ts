/** When a film flashes and beeps, as ffmpeg decodes it: both on the film's own clock, ms. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

async function run(program: string, how: readonly string[]): Promise<Buffer> {
  const child = spawn(program, how, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
  return Buffer.concat(pieces);
}

/** Times at which a picture (0: the first) turns from dark to bright: the first bright frame of each flash. */
export async function flashesIn(file: string, picture: number): Promise<number[]> {
  const print = 'signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-';
  const how = ['-v', 'error', '-i', file, '-map', `0:v:${String(picture)}`, '-vf', print, '-f', 'null', '-'];
  const told = (await run('ffmpeg', how)).toString();
  const flashes: number[] = [];
  let wasBright = false;
  for (const [, at = '', level = ''] of told.matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)) {
    const bright = Number(level) > 128;
    if (bright && !wasBright) flashes.push(Number(at) * 1000);
    wasBright = bright;
  }
  return flashes;
}

/** Times at which a side (0: left) becomes loud after at least 200 ms of quiet, to 5 ms. */
export async function onsetsIn(file: string, side: 0 | 1 = 0): Promise<number[]> {
  const rate = 8000;
  const raw = await run('ffmpeg', [
    '-v',
    'error',
    '-i',
    file,
    '-map',
    '0:a:0',
    '-ar',
    String(rate),
    '-f',
    's16le',
    '-',
  ]);
  const window = rate / 200;
  const onsets: number[] = [];
  let quietMs = 1000;
  for (let at = 0; (at + window) * 4 <= raw.length; at += window) {
    let peak = 0;
    for (let each = at; each < at + window; each++)
      peak = Math.max(peak, Math.abs(raw.readInt16LE(each * 4 + side * 2)));
    const loud = peak > 2500;
    if (loud && quietMs >= 200) onsets.push((at * 1000) / rate);
    quietMs = loud ? 0 : quietMs + 5;
  }
  return onsets;
}
