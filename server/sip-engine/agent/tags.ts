import { randomBytes } from 'node:crypto';
import { magicCookie } from '../transaction/transaction-layer.ts';

/** A fresh From or To tag: 80 random bits (RFC 3261 section 19.3 asks for 32). */
export function newTag(): string {
  return randomBytes(10).toString('hex');
}

/** A fresh Via branch. */
export function newBranch(): string {
  return magicCookie + randomBytes(12).toString('hex');
}

/** A first CSeq number, small enough to be counted up for ever. */
export function newCseq(): number {
  return 1 + randomBytes(3).readUIntBE(0, 3);
}
