/**
 * Composes dialplans/music/evening-light.wav, the hold music of the demo site: eight bars of soft electric piano over a
 * warm pad. Our own notes, computed here, so it is free of anybody's rights. It wraps round: the end leads into the start.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { normalise, writeWav } from './audio/wav.mjs';

const rate = 8000;
const beat = 0.75;
const bars = 8;
const length = Math.round(bars * 4 * beat * rate);
const track = new Float64Array(length);

const hertz = (note) => 440 * 2 ** ((note - 69) / 12);

/** Adds a sound that begins at `start` seconds; what runs past the end comes in again at the start. */
function add(start, seconds, sample) {
  const first = Math.round(start * rate);
  for (let i = 0; i < seconds * rate; i++) track[(first + i) % length] += sample(i / rate);
}

/** A soft electric piano: one sine bends another, less and less as it dies away. */
function piano(start, note, loudness) {
  const turn = 2 * Math.PI * hertz(note);
  add(start, 2.6, (t) => {
    const bend = 1.1 * Math.exp(-5 * t) * Math.sin(turn * t);
    const attack = Math.min(1, t / 0.012);
    const release = Math.min(1, (2.6 - t) / 0.3);
    return loudness * attack * release * Math.exp(-1.7 * t) * Math.sin(turn * t + bend);
  });
}

/** A chord that swells and sinks over a bar, each note two sines a hair apart. */
function pad(start, notes) {
  const seconds = 4 * beat + 0.9;
  for (const note of notes)
    add(start, seconds, (t) => {
      const swell = Math.sin((Math.PI * t) / seconds) ** 1.2;
      const turn = 2 * Math.PI * hertz(note) * t;
      return 0.055 * swell * (Math.sin(turn * 1.0015) + Math.sin(turn * 0.9985) + 0.25 * Math.sin(2 * turn));
    });
}

/** Bar by bar: the chord, low to high, and the melody as [beat, note]. */
const song = [
  {
    chord: [53, 57, 60, 64],
    melody: [
      [0, 72],
      [1.5, 76],
      [2.5, 74],
    ],
  },
  {
    chord: [52, 55, 59, 62],
    melody: [
      [0, 71],
      [2, 67],
    ],
  },
  {
    chord: [50, 57, 60, 65],
    melody: [
      [0, 69],
      [1.5, 72],
      [2.5, 77],
    ],
  },
  {
    chord: [55, 59, 62, 65],
    melody: [
      [0, 76],
      [1, 74],
      [2.5, 71],
    ],
  },
  {
    chord: [48, 55, 59, 64],
    melody: [
      [0, 72],
      [1.5, 67],
      [3, 71],
    ],
  },
  {
    chord: [57, 60, 64, 67],
    melody: [
      [0, 76],
      [2, 72],
    ],
  },
  {
    chord: [50, 57, 60, 64],
    melody: [
      [0, 74],
      [1.5, 77],
      [2.5, 76],
    ],
  },
  {
    chord: [55, 60, 62, 65],
    melody: [
      [0, 74],
      [2, 71],
      [3, 67],
    ],
  },
];

song.forEach(({ chord, melody }, bar) => {
  const start = bar * 4 * beat;
  pad(start, chord);
  const rolling = [0, 2, 1, 3, 2, 3, 1, 2];
  rolling.forEach((voice, at) => piano(start + (at * beat) / 2, chord[voice] + 12, at % 2 === 0 ? 0.09 : 0.065));
  for (const [at, note] of melody) piano(start + at * beat, note, 0.17);
});

// A breath of echo, circular like everything else.
const dry = Float64Array.from(track);
for (const [delay, gain] of [
  [0.281, 0.22],
  [0.433, 0.14],
])
  for (let i = 0; i < length; i++) track[(i + Math.round(delay * rate)) % length] += gain * dry[i];

const folder = path.join(import.meta.dirname, '..', 'dialplans', 'music');
mkdirSync(folder, { recursive: true });
writeWav(path.join(folder, 'evening-light.wav'), normalise(track, rate), rate);
console.log(`evening-light.wav ${(length / rate).toFixed(1)} s`);
