// @ts-check
// Child processes of set-up: their output goes to the log, their last line to the progress line.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends every child, for an interrupted set-up. */
export function endChildren() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * @typedef {object} RunOptions
 * @property {string} log file that takes the whole output
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(line: string) => void} [onLine] called with each line of output
 * @property {boolean} [terminal] lets the child ask on the terminal (sudo)
 * @property {number} [timeoutMs]
 */

/**
 * Runs a program to its end. Resolves with its standard output; rejects with an Error whose message is the last lines of
 * its error output.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 * @returns {Promise<string>}
 */
export function run(command, args, options) {
  mkdirSync(dirname(options.log), { recursive: true });
  const log = openSync(options.log, 'a', 0o600);
  writeSync(log, `\n$ ${command} ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: [options.terminal ? 'inherit' : 'ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    let out = '';
    /** @type {string[]} */
    let last = [];
    /** @param {Buffer} chunk */
    const seen = (chunk) => {
      writeSync(log, chunk);
      const lines = chunk
        .toString()
        .split(/[\r\n]+/)
        .map((line) => line.trim())
        .filter((line) => line !== '');
      last = [...last, ...lines].slice(-6);
      for (const line of lines) options.onLine?.(line);
    };
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      seen(chunk);
    });
    child.stderr?.on('data', seen);
    /** @param {Error | undefined} error */
    const finish = (error) => {
      running.delete(child);
      clearTimeout(timer);
      closeSync(log);
      if (error === undefined) resolve(out);
      else reject(error);
    };
    child.on('error', (error) => finish(error));
    child.on('close', (code, signal) => {
      if (code === 0) finish(undefined);
      else finish(new Error(last.join(' | ') || `${command} ended with ${code ?? signal}`));
    });
  });
}
