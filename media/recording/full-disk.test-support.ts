/** A process that may not write much and records all the same: prints what the session told. */
import { TapRingWriter, tapRingMemory } from '../audio/tap-ring.ts';
import { ringOf } from './fixture.test-support.ts';
import { type FromRecorder, RecorderSession } from './index.ts';

const told: FromRecorder[] = [];
const session = new RecorderSession(process.argv[2] ?? '', ringOf(1), Date.now, (message) => told.push(message));
const memory = tapRingMemory(320);
const ring = new TapRingWriter(memory);
session.take({ type: 'open', recordingId: 'r1', callId: 'c', memory });
for (let at = 0; at < 500; at++) {
  ring.write(new Int16Array(320), at * 20);
  if (at % 50 === 49) session.drain();
}
session.take({ type: 'close', recordingId: 'r1', reason: 'ended' });
process.stdout.write(JSON.stringify(told));
