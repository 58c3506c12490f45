import { randomFillSync } from 'node:crypto';

/** Bytes of randomness fetched at once: asking for ten costs as much as asking for thousands. */
const fetched = 16_384;
const pool = Buffer.allocUnsafe(fetched);
let used = fetched;

/** `bytes` (up to some hundred) cryptographically random bytes as hex text; none of them is ever given out twice. */
export function randomHex(bytes: number): string {
  if (used + bytes > fetched) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}
