/** The registration storm of issue 3 alone and whole: 10,000 phones, 1,000 pages. `bench sip` has it small. */
import type { BenchContext, BenchReport } from './entry.ts';
import { registrationStorm, smallStorm, wholeStorm } from './sip/storm.ts';

/** Whole when it is asked for by its name, small among all others. Takes five minutes when it is whole. */
export async function run({ alone, full }: BenchContext): Promise<BenchReport> {
  const samples: Record<string, readonly number[]> = {};
  const entries = await registrationStorm(alone || full ? wholeStorm : smallStorm, samples);
  return {
    entries,
    samples,
    notes: ['the site has its usual limits (`sip.protection`); nobody is trusted beforehand'],
  };
}
