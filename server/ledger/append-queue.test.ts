import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { AppendQueue, type Entry } from './append-queue.ts';
import { LedgerError } from './errors.ts';
import type { PreparedAppend } from './writer.ts';

/** A queue with a pretended writer: what was sent is in `sent`, and the test answers. */
class Rig {
  readonly clock = new SimulatedClock(0);
  readonly sent: { batch: number; names: string[]; again: boolean; wanted: boolean }[] = [];
  readonly said: string[] = [];
  readonly queue: AppendQueue;

  constructor(heldRowLimit = 10) {
    this.queue = new AppendQueue(
      (batch, appends, how) => this.sent.push({ batch, names: appends.map(nameOf), ...how }),
      this.clock,
      { heldRowLimit, retryAfterMs: 200, stalledAfterMs: 1_000 },
      ({ writable }) => this.said.push(writable ? 'writable' : 'broken'),
    );
  }

  push(name: string, onFailure: Entry['onFailure'] = 'hold', wanted = false): void {
    const note = (what: string) => (error?: LedgerError) =>
      this.said.push(
        `${name} ${what}${error instanceof LedgerError ? ` ${error.code}${error.held ? ' held' : ''}` : ''}`,
      );
    this.queue.push({
      append: appendOf(name),
      onFailure,
      wanted: () => wanted,
      written: () => void note('written')(),
      refused: note('refused'),
      durable: note('durable'),
      notDurable: note('not durable'),
    });
  }

  /** The batch that was sent last. */
  get last(): { batch: number; names: string[]; again: boolean; wanted: boolean } {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }

  write(): void {
    const { batch, names } = this.last;
    this.queue.written(
      batch,
      names.map(() => ({ ok: true, places: [] })),
    );
  }

  refuse(code: 'ledger-full' | 'ledger-locked' = 'ledger-full'): void {
    this.queue.refused(this.last.batch, new LedgerError(code, 'no'));
  }

  /** What was said since the last look. */
  heard(): string[] {
    return this.said.splice(0);
  }
}

function appendOf(name: string): PreparedAppend {
  const row = { id: name, type: name, callId: null, agentId: null, at: 0, facts: '{}', personal: null };
  return { rows: [row], snapshots: [], statements: [] };
}

function nameOf(append: PreparedAppend): string {
  return append.rows[0]?.type ?? 'probe';
}

const turn = (): Promise<void> => Promise.resolve();

it('sends together what comes together, one batch at a time', async () => {
  const rig = new Rig();
  rig.push('a');
  rig.push('b');
  await turn();
  rig.push('c');
  await turn();
  expect(rig.sent).toEqual([{ batch: 1, names: ['a', 'b'], again: false, wanted: false }]);
  rig.write();
  expect(rig.heard()).toEqual(['a written', 'b written']);
  expect(rig.last).toEqual({ batch: 2, names: ['c'], again: false, wanted: false });
  rig.queue.durable(1);
  expect(rig.heard()).toEqual(['a durable', 'b durable']);
  rig.write();
  rig.queue.durable(2);
  expect(rig.queue.empty).toBe(true);
});

it('tells the writer when somebody waits for the disk', async () => {
  const rig = new Rig();
  rig.push('a');
  rig.push('b', 'hold', true);
  await turn();
  expect(rig.last).toEqual({ batch: 1, names: ['a', 'b'], again: false, wanted: true });
});

it('holds and refuses, tries again, and says so', async () => {
  const rig = new Rig();
  rig.push('a');
  rig.push('new', 'reject');
  await turn();
  rig.refuse();
  expect(rig.heard()).toEqual([
    'a refused ledger-full held',
    'new refused ledger-full',
    'new not durable ledger-full',
    'broken',
  ]);
  expect(rig.queue.health).toEqual({ writable: false, reason: 'ledger-full', since: 0, heldRows: 1 });
  rig.push('b');
  rig.push('new', 'reject');
  expect(rig.heard()).toEqual(['b refused ledger-full held', 'new refused ledger-full', 'new not durable ledger-full']);
  rig.clock.advance(200);
  expect(rig.last).toEqual({ batch: 2, names: ['a', 'b'], again: true, wanted: false });
  rig.refuse();
  rig.clock.advance(200);
  rig.write();
  expect(rig.heard()).toEqual([
    'a refused ledger-full held',
    'b refused ledger-full held',
    'a written',
    'b written',
    'writable',
  ]);
  rig.queue.durable(3);
  expect(rig.heard()).toEqual(['a durable', 'b durable']);
  expect(rig.queue.health).toEqual({ writable: true, heldRows: 0 });
});

it('finds out with a probe when there is nothing to write', async () => {
  const rig = new Rig();
  rig.push('new', 'reject');
  await turn();
  rig.refuse();
  rig.clock.advance(200);
  expect(rig.last.names).toEqual(['probe']);
  rig.write();
  expect(rig.queue.health.writable).toBe(true);
});

it('waits for nobody when the writer hangs', async () => {
  const rig = new Rig();
  rig.push('a');
  rig.push('new', 'reject');
  await turn();
  rig.push('b');
  rig.clock.advance(1_000);
  expect(rig.heard()).toEqual(['b refused ledger-locked held', 'broken', 'a refused ledger-locked held']);
  rig.clock.advance(10_000);
  expect(rig.sent).toHaveLength(1);
  rig.write();
  expect(rig.heard()).toEqual(['a written', 'new written', 'writable']);
  expect(rig.last).toEqual({ batch: 2, names: ['b'], again: false, wanted: false });
});

it('keeps no more than it may, and says which ones are lost', async () => {
  const rig = new Rig(2);
  for (const name of ['a', 'b', 'c']) rig.push(name);
  await turn();
  rig.refuse();
  expect(rig.heard().slice(2)).toEqual(['c refused ledger-overflow', 'c not durable ledger-overflow', 'broken']);
  rig.clock.advance(200);
  expect(rig.last.names).toEqual(['a', 'b']);
});

it('sends again what a lost writer had, marked as such', async () => {
  const rig = new Rig();
  rig.push('a');
  await turn();
  rig.queue.writerLost();
  expect(rig.heard()).toEqual(['a refused ledger-writer-lost held', 'broken']);
  rig.queue.writerBack();
  expect(rig.last).toEqual({ batch: 2, names: ['a'], again: true, wanted: false });
});

it('says that rows are not durable when the log cannot be flushed', async () => {
  const rig = new Rig();
  rig.push('a');
  await turn();
  rig.write();
  rig.queue.syncFailed(new LedgerError('ledger-io', 'no'));
  expect(rig.heard()).toEqual(['a written', 'a not durable ledger-io', 'broken']);
});

it('rejects all that waits when it is closed', async () => {
  const rig = new Rig();
  rig.push('a');
  await turn();
  rig.push('b');
  rig.queue.close();
  expect(rig.heard()).toEqual([
    'a refused ledger-closed',
    'a not durable ledger-closed',
    'b refused ledger-closed',
    'b not durable ledger-closed',
  ]);
  rig.clock.advance(10_000);
  expect(rig.sent).toHaveLength(1);
});

describe('whatever happens', () => {
  const step = fc.constantFrom('push', 'push', 'write', 'refuse', 'lose', 'durable', 'wait', 'turn');
  it('every row that is held is written once, in the order it came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const rig = new Rig(1_000);
        let pushed = 0;
        let answered = 0;
        const open = (): boolean => rig.sent.length > 0 && rig.last.batch > answered;
        const act: Readonly<Record<string, () => void | Promise<void>>> = {
          push: () => rig.push(String(pushed++)),
          write: () => void (open() && ((answered = rig.last.batch), rig.write())),
          refuse: () => void (open() && ((answered = rig.last.batch), rig.refuse())),
          lose() {
            answered = rig.sent.at(-1)?.batch ?? 0;
            rig.queue.writerLost();
            rig.queue.writerBack();
          },
          durable: () => rig.queue.durable(answered),
          wait: () => rig.clock.advance(200),
          turn,
        };
        for (const each of steps) await act[each]?.();
        for (let n = 0; n < 5; n++) {
          await turn();
          rig.clock.advance(200);
          await act['write']?.();
        }
        const written = rig.said.filter((each) => each.endsWith(' written')).map((each) => Number.parseInt(each));
        expect(written).toEqual([...Array(pushed).keys()]);
        expect(rig.queue.health).toEqual({ writable: true, heldRows: 0 });
      }),
      { numRuns: 300 },
    );
  });
});
