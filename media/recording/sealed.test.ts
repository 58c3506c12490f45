import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { facts, frameOf, recordingOf, ringOf, timelineOf } from './fixture.test-support.ts';
import { bytesOf, readKeys, readSealed, readTimeline, recordingKey, Sealer } from './index.ts';

const keys = ringOf(1);

/** A file of small records, so that every byte of it can be tried. */
function small(count: number): { file: Buffer; ends: number[] } {
  const sealer = new Sealer(keys.current);
  const contents = Array.from({ length: count }, (_, at) => Buffer.from(`content ${String(at)}`));
  const pieces = [sealer.begin(facts), ...contents.map((content) => sealer.seal(9, content))];
  let at = 0;
  return { file: Buffer.concat(pieces), ends: pieces.map((piece) => (at += piece.length)) };
}

function contentsOf(file: Buffer): string[] {
  return [...readSealed(bytesOf(file), keys)].flatMap((found) =>
    found.type === 'record' ? [found.content.toString()] : [],
  );
}

function damagesOf(file: Buffer): string[] {
  return [...readSealed(bytesOf(file), keys)].flatMap((found) => (found.type === 'damaged' ? [found.damage] : []));
}

describe('a sealed file', () => {
  it('gives back what was sealed', () => {
    const { file } = small(4);
    expect(contentsOf(file)).toEqual(['content 0', 'content 1', 'content 2', 'content 3']);
    expect(damagesOf(file)).toEqual([]);
    expect(file.includes('content')).toBe(true);
    expect(file.includes('content 1')).toBe(false);
  });

  it('cut at any byte gives every whole record before the cut, and says that it was cut', () => {
    const { file, ends } = small(4);
    for (let length = 0; length <= file.length; length++) {
      const whole = ends.filter((end) => end <= length).length;
      const cut = file.subarray(0, length);
      expect(contentsOf(cut)).toHaveLength(Math.max(0, whole - 1));
      expect(damagesOf(cut), `cut at ${String(length)}`).toEqual(length === 0 || ends.includes(length) ? [] : ['cut']);
    }
  });

  it('finds a change of any byte, and reads on after it', () => {
    const { file, ends } = small(4);
    const clean = contentsOf(file);
    for (let at = 0; at < file.length; at++) {
      const flipped = Buffer.from(file);
      // Another bit each time.
      flipped[at] = (flipped[at] ?? 0) ^ (1 << ((at * 5) & 7));
      const found = [...readSealed(bytesOf(flipped), keys)];
      expect(
        found.some(({ type }) => type === 'damaged' || type === 'wrong-key'),
        `byte ${String(at)}`,
      ).toBe(true);
      const read = contentsOf(flipped);
      expect(read.every((content) => clean.includes(content))).toBe(true);
      // Records before the damage are all there.
      const before = ends.filter((end) => end <= at).length - 1;
      expect(read.slice(0, Math.max(0, before))).toEqual(clean.slice(0, Math.max(0, before)));
    }
  });

  it('loses at most the changed record and the one that follows its tag', () => {
    const { file, ends } = small(6);
    const tagOf2 = (ends[3] ?? 0) - 5;
    file[tagOf2] = (file[tagOf2] ?? 0) ^ 1;
    expect(contentsOf(file)).toEqual(['content 0', 'content 1', 'content 4', 'content 5']);
    expect(damagesOf(file)).toEqual(['forged', 'forged']);
  });

  it('tells records that changed places, were left out or come twice', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5], { minLength: 1 }), fc.boolean(), (order, twice) => {
        const { file, ends } = small(5);
        const piece = (at: number): Buffer => file.subarray(ends[at - 1] ?? 0, ends[at]);
        const places = twice ? [...order, order[0] ?? 1] : order;
        const mixed = Buffer.concat([file.subarray(0, ends[0]), ...places.map(piece)]);
        const inOrder = places.every((place, at) => place === at + 1);
        expect(damagesOf(mixed).length === 0).toBe(inOrder);
        if (!inOrder) expect(damagesOf(mixed)).toContain('moved');
      }),
    );
  });

  it('takes no record of another file', () => {
    const [one, other] = [small(3), small(3)];
    const from = one.ends[1] ?? 0;
    const mixed = Buffer.concat([one.file.subarray(0, from), other.file.subarray(from)]);
    expect(contentsOf(mixed)).toEqual(['content 0']);
    expect(damagesOf(mixed)).toEqual(['forged', 'forged']);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void contentsOf(Buffer.from(bytes))));
  });

  it('names the key it would need', () => {
    const { file } = small(1);
    expect(readTimeline(bytesOf(file), ringOf(2))).toMatchObject({
      ok: false,
      error: { code: 'wrong-key', keyId: keys.current.keyId },
    });
  });
});

describe('a key file', () => {
  it('names the present key first, and keeps older ones', () => {
    const [now, old] = ['ab'.repeat(32), 'cd'.repeat(32)];
    const read = readKeys(`# keys\n${now}\n\n${old}\n`);
    expect(read).toMatchObject({ ok: true, value: { current: recordingKey(Buffer.from(now, 'hex')) } });
    expect(read.ok && read.value.byId.size).toBe(2);
  });

  it('is refused without telling what stands in it', () => {
    expect(readKeys('secret!')).toEqual({ ok: false, error: 'line 1 is not a key of 64 hexadecimal digits' });
    expect(readKeys('\n')).toEqual({ ok: false, error: 'there is no key in it' });
  });

  it('opens with an older key what was sealed under it', () => {
    const { file } = recordingOf(ringOf(7), [frameOf(0)]);
    const [now, old] = [ringOf(8).current, ringOf(7).current];
    const both = { current: now, byId: new Map([now, old].map((key) => [key.keyId, key])) };
    expect(timelineOf(file, both).lengthMs).toBe(20);
  });
});
