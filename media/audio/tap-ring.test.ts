import { expect, test } from 'vitest';
import { TapRingReader, TapRingWriter, tapRingMemory } from './tap-ring.ts';

function ring(): { write(count: number): void; read(): { sample: number; timeMs: number }[]; reader: TapRingReader } {
  const memory = tapRingMemory();
  const writer = new TapRingWriter(memory);
  const reader = new TapRingReader(memory);
  let written = 0;
  return {
    reader,
    write(count) {
      for (let each = 0; each < count; each++, written++)
        writer.write(new Int16Array(160).fill(written % 30_000), written * 20);
    },
    read() {
      const got: { sample: number; timeMs: number }[] = [];
      reader.drain((frame, timeMs) => got.push({ sample: frame[159] ?? -1, timeMs }));
      return got;
    },
  };
}

test('frames come out in order, once', () => {
  const { write, read, reader } = ring();
  write(3);
  expect(read()).toEqual([0, 1, 2].map((index) => ({ sample: index, timeMs: index * 20 })));
  expect(read()).toEqual([]);
  for (let round = 0; round < 100; round++) {
    write(7);
    expect(read()).toHaveLength(7);
  }
  expect(reader.dropped).toBe(0);
});

test('a slow reader loses the oldest, counted, and goes on with whole frames', () => {
  const { write, read, reader } = ring();
  write(1000);
  const got = read();
  expect(got).toHaveLength(127);
  expect(reader.dropped).toBe(873);
  expect(got[0]).toEqual({ sample: 873, timeMs: 873 * 20 });
  expect(got.at(-1)).toEqual({ sample: 999, timeMs: 999 * 20 });
});
