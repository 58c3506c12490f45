import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Installs Debian packages where they are missing and may be installed. Rejects when they are not there in the end. */
export async function installPeers(...packages: readonly string[]): Promise<void> {
  const wanted = packages.length === 0 ? ['sip-tester'] : packages;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers.mjs'), ...wanted], { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Debian package ${wanted.join(', ')} is missing and could not be installed`);
}
