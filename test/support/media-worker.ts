/** The mediasoup worker of a site, which stories kill. */
import { execFileSync } from 'node:child_process';
import type { TestSite } from './site.ts';

/** Kills it with SIGKILL; the media node lives on. Rejects where there is none. */
export async function killMediaWorker(site: Pick<TestSite, 'pidOf'>): Promise<void> {
  const media = await site.pidOf('media');
  const children = execFileSync('ps', ['--ppid', String(media), '-o', 'pid=,comm='], { encoding: 'utf8' }).split('\n');
  const worker = children.find((line) => line.includes('mediasoup'));
  if (worker === undefined) throw new Error(`no mediasoup worker among ${children.join('; ')}`);
  process.kill(Number.parseInt(worker, 10), 'SIGKILL');
}
