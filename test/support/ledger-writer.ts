/** A process that writes to a ledger until it is killed: says the id of each row once it is written. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/logger.ts';
import { openLedger } from '../../server/ledger/index.ts';

/** All of it, at once: what was said before the kill must have been said. A full pipe is tried again. */
function say(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

const [file = '', keyFile = ''] = process.argv.slice(2);
const ledger = await openLedger({ file, keyFile, node: 'n1', clock: systemClock, logger: silentLogger });
const subject = ledger.subjectOf('+861');
for (let n = 0; ; n++) {
  const row = { type: 'held', callId: 'c1', at: n, facts: { n }, personal: { subject, fields: { n } } };
  const state = { kind: 'call', id: 'c1', version: 1, state: { n } };
  // A few at the same time, so that the kill finds some of them half-way.
  await Promise.all(
    [row, { ...row, type: 'resumed' }, row].map(async (each) => {
      const written = await ledger.append([each, each], [state]).written;
      say(written.map(({ id }) => `${id}\n`).join(''));
    }),
  );
}
