import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Installs sipp where it is missing and may be installed. Rejects when it is not there in the end. */
export async function installPeers(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'peers.mjs')], { stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error('sipp (Debian package sip-tester) is missing and could not be installed');
}
