import { expect, it } from 'vitest';
import type { Ears, TapSpeaker } from './ports.ts';
import { noEars } from './ports.ts';
import { LateEars } from './late.ts';

const speaker: TapSpeaker = { callId: 'c', endpointId: 'c.a1', language: 'en-US' };
const phrase = { phraseId: 'p', text: 'refund', language: 'en-US' } as const;

/** Ears that note what they are asked. */
function noting(): { readonly ears: Ears; readonly notes: string[] } {
  const notes: string[] = [];
  const ears: Ears = {
    ...noEars(),
    start: async () => void notes.push('start'),
    openTap: ({ endpointId }) => {
      notes.push(`open ${endpointId}`);
      return { write: (_frame, ms) => notes.push(`write ${String(ms)}`), close: () => notes.push('close') };
    },
    setPhrases: async (phrases) => {
      notes.push(`phrases ${String(phrases.length)}`);
      return [{ phraseId: 'p', reason: 'no' }];
    },
    close: async () => void notes.push('closed'),
  };
  return { ears, notes };
}

const frame = new Int16Array(160);

it('serves taps and phrases that came before there were ears, from when there are', async () => {
  const { ears, notes } = noting();
  const made = Promise.withResolvers<Ears>();
  const late = new LateEars(
    () => made.promise,
    () => {},
  );
  const states: string[] = [];
  late.changed.on((state) => states.push(state.map((each) => each.state).join()));
  expect(late.state.map(({ state }) => state)).toEqual(['degraded', 'degraded']);
  await late.start();
  const listening = late.listen();
  const tap = late.openTap(speaker);
  late.openTap({ ...speaker, endpointId: 'gone' }).close();
  tap.write(frame, 0);
  const rejected = late.setPhrases([phrase]);
  made.resolve(ears);
  await listening;
  tap.write(frame, 20);
  tap.close();
  expect(await rejected).toEqual([{ phraseId: 'p', reason: 'no' }]);
  expect(notes).toEqual(
    ['start', 'open c.a1', 'phrases 1', 'write 20', 'close'].sort((a, b) => notes.indexOf(a) - notes.indexOf(b)),
  );
  expect(states).toEqual(['absent,absent']);
  late.openTap(speaker);
  expect(notes.filter((note) => note === 'open c.a1')).toHaveLength(2);
  await late.close();
  expect(notes.at(-1)).toBe('closed');
});

it('can be made before it listens; phrases that came first are not forgotten', async () => {
  const { ears, notes } = noting();
  let made = 0;
  const late = new LateEars(
    () => {
      made += 1;
      return Promise.resolve(ears);
    },
    () => {},
  );
  late.prepare();
  const rejected = late.setPhrases([phrase]);
  expect([made, notes]).toEqual([1, []]);
  await late.listen();
  await late.listen();
  expect(await rejected).toEqual([{ phraseId: 'p', reason: 'no' }]);
  expect([made, notes]).toEqual([1, ['start', 'phrases 1']]);
});

it('closes without having listened', async () => {
  const { ears, notes } = noting();
  const late = new LateEars(
    () => Promise.resolve(ears),
    () => {},
  );
  const rejected = late.setPhrases([phrase]);
  await late.close();
  await late.listen();
  expect([await rejected, notes]).toEqual([[], []]);
});

it('stays deaf, and says why, where they cannot be made', async () => {
  const failures: unknown[] = [];
  const late = new LateEars(
    () => Promise.reject(new Error('no engine')),
    (err) => failures.push(err),
  );
  await late.listen();
  expect(failures).toEqual([new Error('no engine')]);
  late.openTap(speaker).write(frame, 0);
  expect(await late.setPhrases([phrase])).toEqual([]);
  await late.close();
});
