// @ts-check
// One set-up at a time in a folder. The lock is a file with the holder's process id; a dead holder's lock is taken over.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SetupProblem } from '../problems.mjs';
import { endGroup } from './exec.mjs';

/**
 * Whether a process with this id runs and is one of ours (a process id may have been given to someone else since).
 * @param {number} pid
 */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return /node|npm|jackfield|build-mediasoup-worker/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

/** How long the programs of a killed set-up get to end. */
const endMs = 5000;

/**
 * Ends what a set-up that was killed has left running, as it noted in `file`: two npm in one folder would break both.
 * @param {string} file
 */
export function endLeftovers(file) {
  let groups = [];
  try {
    groups = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return;
  }
  for (const group of groups.filter(isAlive)) {
    const until = Date.now() + endMs;
    let signal = /** @type {NodeJS.Signals} */ ('SIGTERM');
    // isAlive() sees the leader only, and not when it is a zombie; the others got the signal with it.
    while (isAlive(group) && endGroup(group, signal)) {
      if (Date.now() > until) signal = 'SIGKILL';
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
  rmSync(file, { force: true });
}

/**
 * Takes the lock or throws `setup-running` with the holder's process id. Returns what releases it.
 * @param {string} file
 * @returns {() => void}
 */
export function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const descriptor = openSync(file, 'wx', 0o600);
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    const holder = Number(readHolder(file));
    if (holder !== process.pid && isAlive(holder)) throw new SetupProblem('setup-running', { pid: holder });
    rmSync(file, { force: true });
  }
  throw new SetupProblem('setup-running', { pid: readHolder(file) });
}

/** @param {string} file */
function readHolder(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Runs `work` while holding a lock that set-ups of other folders may hold too (the shared cache): waits for them.
 * @template T
 * @param {string} file
 * @param {(pid: number) => void} onWait called each second of waiting with the holder's process id
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSharedLock(file, onWait, work) {
  for (;;) {
    try {
      const release = takeLock(file);
      try {
        return await work();
      } finally {
        release();
      }
    } catch (error) {
      if (!(error instanceof SetupProblem) || error.code !== 'setup-running') throw error;
      onWait(Number(error.facts['pid']));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
