import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../errors.ts';

/** The names in a list: a line each, `#` begins a comment. */
export function readScanners(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** The list that comes with the engine, or the one in a file. Throws an EngineError when it cannot be read. */
export function scannersFrom(file = join(import.meta.dirname, 'scanners.txt')): string[] {
  try {
    return readScanners(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new EngineError('usage', `the list of scanners ${file} cannot be read: name another with --scanners`, cause);
  }
}

/** Headers further on are not searched: no scanner pads its own name away. */
const searched = 4096;

/** Knows scanners by what they call themselves. */
export class Scanners {
  readonly #inMessage: RegExp | undefined;
  readonly #inValue: RegExp | undefined;

  constructor(names: readonly string[]) {
    if (names.length === 0) return;
    const any = names.map((name) => name.replaceAll(/[^\w]/g, String.raw`\$&`)).join('|');
    this.#inMessage = new RegExp(`\\nuser-agent[ \\t]*:[^\\n]*(?:${any})`, 'i');
    this.#inValue = new RegExp(any, 'i');
  }

  /** True when the bytes have a User-Agent of a scanner; nothing else of them is looked at. */
  sent(bytes: Buffer): boolean {
    return this.#inMessage?.test(bytes.toString('latin1', 0, Math.min(bytes.length, searched))) ?? false;
  }

  /** True for a User-Agent of a scanner. */
  named(userAgent: string): boolean {
    return this.#inValue?.test(userAgent) ?? false;
  }
}
