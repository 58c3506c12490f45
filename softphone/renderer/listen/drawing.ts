/** A recording as a picture: a lane for everybody, what is silent on purpose hatched, and where it plays. */
import type { RecordingGap } from '../../../protocol/rest.ts';
import type { Lane } from './lanes.ts';
import type { TextName } from './texts.ts';
import { gapName } from './texts.ts';
import type { Waveform } from './waveform.ts';

type Say = Readonly<Record<TextName, string>>;

/** The words of a gap are written where they have room, in CSS pixels. */
const leastForWords = 70;

interface Stage {
  readonly paint: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colour: (name: string) => string;
  /** Where a time stands. */
  readonly x: (seconds: number) => number;
}

/** Draws all of it, in the page's colours. */
export function draw(
  canvas: HTMLCanvasElement,
  { waveform, gaps, lanes, seconds, say }: DrawnRecording & { readonly seconds: number; readonly say: Say },
): void {
  const scale = window.devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const paint = canvas.getContext('2d');
  if (paint === null) return;
  const styles = getComputedStyle(canvas);
  paint.scale(scale, scale);
  paint.font = `13px ${styles.fontFamily}`;
  const x = (at: number): number => (at / Math.max(waveform.seconds, 0.001)) * width;
  const stage = { paint, width, height, x, colour: (name: string) => styles.getPropertyValue(name) };
  for (const gap of gaps) drawGap(stage, gap, say);
  const each = height / waveform.lanes.length;
  for (const [at, peaks] of waveform.lanes.entries())
    drawLane(stage, peaks, { at, top: at * each, height: each, name: lanes[at]?.name ?? '' });
  paint.fillStyle = stage.colour('--ink');
  paint.fillRect(Math.min(width - 2, x(seconds)), 0, 2, height);
}

export interface DrawnRecording {
  readonly waveform: Waveform;
  readonly gaps: readonly RecordingGap[];
  /** Who they are, one for each lane of the waveform. */
  readonly lanes: readonly Lane[];
}

interface Place {
  readonly at: number;
  readonly top: number;
  readonly height: number;
  readonly name: string;
}

function drawLane(
  { paint, width, colour }: Stage,
  peaks: readonly number[],
  { at: lane, top, height, name }: Place,
): void {
  const middle = top + height / 2;
  paint.fillStyle = colour(lane === 0 ? '--caller' : '--agent');
  const column = width / peaks.length;
  for (const [at, peak] of peaks.entries()) {
    // Quiet speech is to be seen, too.
    const reach = Math.max(0.5, (Math.sqrt(peak) * height) / 2.2);
    paint.fillRect(at * column, middle - reach, Math.max(column, 1), 2 * reach);
  }
  paint.fillStyle = colour('--panel');
  paint.fillRect(0, top + 2, paint.measureText(name).width + 14, 19);
  paint.fillStyle = colour('--ink');
  paint.fillText(name, 7, top + 16);
}

function drawGap({ paint, height, colour, x }: Stage, { fromMs, toMs, reason }: RecordingGap, say: Say): void {
  const [from, to] = [x(fromMs / 1000), x(toMs / 1000)];
  paint.save();
  paint.beginPath();
  paint.rect(from, 0, Math.max(1, to - from), height);
  paint.clip();
  paint.fillStyle = colour('--ground');
  paint.fillRect(from, 0, to - from, height);
  paint.strokeStyle = colour('--line');
  paint.beginPath();
  for (let at = from - height; at < to; at += 8) {
    paint.moveTo(at, height);
    paint.lineTo(at + height, 0);
  }
  paint.stroke();
  const words = say[gapName(reason)];
  const room = paint.measureText(words).width;
  if (to - from > Math.max(leastForWords, room + 12)) {
    const at = (from + to - room) / 2;
    paint.fillStyle = colour('--panel');
    paint.fillRect(at - 5, height / 2 - 12, room + 10, 22);
    paint.fillStyle = colour('--ink');
    paint.fillText(words, at, height / 2 + 4);
  }
  paint.restore();
}
