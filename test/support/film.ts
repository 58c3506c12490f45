/** Films for phones, and what is in a picture, by ffmpeg. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How often the few seconds are repeated in the file: ten minutes, longer than any story. */
const repeats = 150;

/**
 * Writes a film of one colour with something moving in it. It is long, since baresip 1.0 at the end of a film shows nothing for seconds
 * and then sets its clock back; and its pictures are in their order.
 */
export async function makeFilm(file: string, colour: string): Promise<void> {
  const moving = `color=${colour}:size=320x240:rate=15:duration=4,drawbox=x='mod(t*80,280)':y=100:w=40:h=40:color=white:t=fill`;
  const short = `${file}.short.mp4`;
  const encoding = ['-c:v', 'libx264', '-profile:v', 'baseline', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', moving, ...encoding, '-g', '15', '-y', short]);
  await run('ffmpeg', ['-v', 'error', '-stream_loop', String(repeats), '-i', short, '-c', 'copy', '-y', file]);
}

/** The mean colour of a picture, or of the first of a film: red, green, blue, 0 to 255; and how many colours a small copy of it has. */
export async function coloursOf(file: string): Promise<{ readonly mean: readonly number[]; readonly colours: number }> {
  const options = { encoding: 'buffer', maxBuffer: 1 << 20 } as const;
  const pixels = async (size: string): Promise<Buffer> =>
    (
      await run(
        'ffmpeg',
        [
          '-v',
          'error',
          '-i',
          file,
          '-frames:v',
          '1',
          '-vf',
          `scale=${size}:flags=area`,
          '-f',
          'rawvideo',
          '-pix_fmt',
          'rgb24',
          '-',
        ],
        options,
      )
    ).stdout;
  const [one, small] = await Promise.all([pixels('1:1'), pixels('64:48')]);
  const colours = new Set<number>();
  for (let at = 0; at < small.length; at += 3)
    colours.add(((small[at] ?? 0) >> 4) * 256 + ((small[at + 1] ?? 0) >> 4) * 16 + ((small[at + 2] ?? 0) >> 4));
  return { mean: [...one], colours: colours.size };
}
