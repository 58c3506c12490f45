// @ts-check
// Child processes of set-up: their output goes to the log, their last line to the progress line.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** @type {Map<import('node:child_process').ChildProcess, RunOptions>} */
const running = new Map();

/** @type {(groups: number[]) => void} */
let onGroups = () => undefined;

/**
 * Tells which process groups run that a later set-up has to end if this one is killed.
 * @param {(groups: number[]) => void} listener
 */
export function watchGroups(listener) {
  onGroups = listener;
}

function tellGroups() {
  onGroups([...running].flatMap(([child, options]) => (options.terminal || options.finish ? [] : (child.pid ?? []))));
}

/**
 * Ends a process group: every program that a step started, with what it started.
 * @param {number} group
 * @param {NodeJS.Signals} [signal]
 */
export function endGroup(group, signal = 'SIGTERM') {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** Ends every child that may be ended half-way, for an interrupted set-up. */
export function endChildren() {
  for (const [child, options] of running) {
    if (options.finish || child.pid === undefined) continue;
    if (options.terminal) child.kill('SIGTERM');
    else endGroup(child.pid);
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} log file that takes the whole output
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {(line: string) => void} [onLine] called with each line of output
 * @property {boolean} [terminal] lets the child ask on the terminal (sudo)
 * @property {boolean} [finish] must not be ended half-way (apt-get)
 * @property {number} [timeoutMs]
 */

/**
 * What went wrong, from the last lines of output: those that say so (apt: `E:`, npm: `npm error`, compilers), else the last ones.
 * @param {string[]} lines
 */
export function complaint(lines) {
  const errors = lines.filter((line) => /^E: |^npm (error|ERR!)|\berror\b:|^\w*Error\b/.test(line));
  return (errors.length > 0 ? errors.slice(0, 4) : lines.slice(-4)).join(' | ');
}

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
      // A group of its own, so that it can be ended with everything it started; but only one group may use a terminal.
      detached: !options.terminal,
    });
    running.set(child, options);
    tellGroups();
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    let out = '';
    /** @type {string[]} */
    let last = [];
    /** Writes a stream to the log and cuts it into lines, whatever pieces it comes in. */
    const reader = () => {
      let rest = '';
      return (/** @type {Buffer} */ chunk) => {
        writeSync(log, chunk);
        const lines = (rest + chunk.toString()).split(/[\r\n]+/);
        rest = lines.pop() ?? '';
        for (const line of lines.map((text) => text.trim()).filter((text) => text !== '')) {
          last = [...last, line].slice(-30);
          options.onLine?.(line);
        }
      };
    };
    const readOut = reader();
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      readOut(chunk);
    });
    child.stderr?.on('data', reader());
    /** @param {Error | undefined} error */
    const finish = (error) => {
      running.delete(child);
      tellGroups();
      clearTimeout(timer);
      closeSync(log);
      if (error === undefined) resolve(out);
      else reject(error);
    };
    child.on('error', (error) => finish(error));
    child.on('close', (code, signal) => {
      if (code === 0) finish(undefined);
      else finish(new Error(complaint(last) || `${command} ended with ${code ?? signal}`));
    });
  });
}
