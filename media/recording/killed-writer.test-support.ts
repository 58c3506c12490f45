/** A process that records as fast as it can until it is killed: its arguments are a folder and the number of a frame to tell of. */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { frameOf, ringOf } from './fixture.test-support.ts';
import { RecordingWriter } from './index.ts';

const [directory = '', tellAt = '0'] = process.argv.slice(2);
const progress = openSync(join(directory, 'progress'), 'w');
const began = 1_000_000;
let handed = 0;
const recorded = { recordingId: 'r', callId: 'c', directory };
const opened = RecordingWriter.open(recorded, ringOf(1), () => began + handed * 20);
if (!opened.ok) throw new Error(opened.error.message);
const count = Buffer.alloc(4);
const idle = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  // Told before it is handed over: what is not in the file at death was lost.
  count.writeUInt32LE(handed + 1);
  writeSync(progress, count, 0, 4, 0);
  opened.value.write(frameOf(handed));
  handed++;
  if (handed === Number(tellAt)) writeSync(1, 'now\n');
  // Whoever kills may be slow on a loaded machine: the file must not grow without bounds meanwhile.
  if (handed > Number(tellAt) && handed % 8 === 0) Atomics.wait(idle, 0, 0, 1);
}
