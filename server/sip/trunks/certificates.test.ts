import { describe, expect, it } from 'vitest';
import { shortText } from './certificates.ts';

/** A body without end; `taken` counts what was read of it. */
function endless(): { readonly body: ReadableStream<Uint8Array>; taken: number; cancelled: boolean } {
  const seen = {
    taken: 0,
    cancelled: false,
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        seen.taken += 1024;
        controller.enqueue(new Uint8Array(1024));
      },
      cancel() {
        seen.cancelled = true;
      },
    }),
  };
  return seen;
}

describe('what is fetched', () => {
  it('is read no further than it may be long', async () => {
    const seen = endless();
    await expect(shortText(seen.body)).rejects.toThrow('65536');
    expect(seen.cancelled).toBe(true);
    expect(seen.taken).toBeLessThan(70_000);
  });

  it('is its text', async () => {
    expect(await shortText(new Blob(['-----BEGIN']).stream())).toBe('-----BEGIN');
    expect(await shortText(null)).toBe('');
  });
});
