import { magicCookie } from '../transaction/transaction-layer.ts';
import { randomHex } from './random-text.ts';

/** A fresh From or To tag: 80 random bits (RFC 3261 section 19.3 asks for 32). */
export function newTag(): string {
  return randomHex(10);
}

/** A fresh Via branch. */
export function newBranch(): string {
  return magicCookie + randomHex(12);
}

/** A first CSeq number, small enough to be counted up for ever. */
export function newCseq(): number {
  return 1 + Number.parseInt(randomHex(3), 16);
}
