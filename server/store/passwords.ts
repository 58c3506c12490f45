/** Passwords as they are kept: `scrypt$N$r$p$salt$hash`, so that the cost can be raised later without breaking old ones. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** The cost of new hashes, as a power of two: 32 MB and about 60 ms of a core each. */
export const usualCost = 15;

function costOf(power: number): Cost {
  return { N: 2 ** power, r: 8, p: 1 };
}

function derive(password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Hashes a password with a salt of its own. */
export async function hashPassword(password: string, power: number): Promise<string> {
  const cost = costOf(power);
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$');
}

/** Whether a password fits its hash. Without a hash it works as long and says no. */
export async function checkPassword(password: string, hash: string | undefined, power: number): Promise<boolean> {
  const [scheme, n, r, p, salt, key] = (hash ?? '').split('$');
  const known = scheme === 'scrypt' && salt !== undefined && key !== undefined;
  const given = known ? { N: Number(n), r: Number(r), p: Number(p) } : costOf(power);
  const derived = await derive(password, Buffer.from(known ? salt : '', 'base64'), given);
  const expected = known ? Buffer.from(key, 'base64') : Buffer.alloc(0);
  return expected.length === derived.length && timingSafeEqual(expected, derived);
}
