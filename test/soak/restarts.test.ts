import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PartName, startSite, type TestSite } from '../support/site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await startSite({ deaths: true, environment: { JACKFIELD_SUPERVISOR_RESTARTS: '1000' } });
});
afterAll(() => site.stop());

const rounds = 60;
const parts: readonly PartName[] = ['server', 'media', 'sip-engine'];

/** Resident memory of a process in MB (proc(5), VmRSS). */
function residentMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

test(`${rounds} kills in turn: everything is ready again each time, and those not killed do not grow`, async () => {
  const survivor = await site.pidOf('media');
  const before = residentMb(survivor);
  for (let round = 0; round < rounds; round++) {
    const pid = await site.kill('server');
    await site.untilReady('server', pid);
  }
  const grown = residentMb(survivor) - before;
  console.log(`media node after ${rounds} restarts of the server: ${before.toFixed(0)} MB + ${grown.toFixed(0)} MB`);
  expect(await site.pidOf('media')).toBe(survivor);
  expect(grown).toBeLessThan(50);
  for (const part of parts) {
    const pid = await site.kill(part);
    await site.untilReady(part, pid);
  }
});
