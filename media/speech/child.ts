import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fail, type Result } from '../../base/result.ts';
import { readWav, type Sound } from '../audio/wav.ts';
import type { SpeechError } from './ports.ts';

/** A voice that says nothing for so long is stuck. */
const longestMs = 30_000;
/** Half an hour at 16 kHz. */
const mostBytes = 64 * 1024 * 1024;

/** A program that writes a WAV file to its standard output or, where `file` is set, there. */
export interface SpeakingProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** What it reads. */
  readonly input: string;
  readonly file?: string;
}

const failed = (message: string, retryable = false): Result<never, SpeechError> =>
  fail({ code: 'failed', message, retryable });

/** Runs a program until it has spoken. It cannot outlive `longestMs`, nor say more than `mostBytes`. */
export function spoken({ program, args, input, file }: SpeakingProgram): Promise<Result<Sound, SpeechError>> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: longestMs, killSignal: 'SIGKILL' });
    const made: Buffer[] = [];
    let bytes = 0;
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > mostBytes) child.kill('SIGKILL');
      else made.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-300)));
    // It may end before it has read everything; its exit code tells.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      const message = missing ? `${program} is not installed` : `${program} cannot be started (${error.code ?? ''})`;
      resolve(fail({ code: missing ? 'no-program' : 'failed', message, retryable: true }));
    });
    child.on('close', (code, signal) => {
      if (code === null) resolve(failed(`${program} was ended (${String(signal)})`, true));
      else if (code !== 0) resolve(failed(`${program} ended with ${String(code)}: ${said.trim()}`));
      else resolve(soundOf(program, file === undefined ? Buffer.concat(made) : contentOf(file)));
    });
  });
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function soundOf(program: string, wav: Buffer): Result<Sound, SpeechError> {
  const sound = readWav(streamed(wav));
  return sound.ok ? sound : failed(`${program} wrote no usable sound: ${sound.error}`);
}

/** A program that writes into a pipe cannot go back to say how long its sound is: all that came counts. */
function streamed(wav: Buffer): Buffer {
  const at = wav.indexOf('data', 12, 'latin1');
  if (at < 0 || at + 8 > wav.length) return wav;
  const whole = Buffer.from(wav);
  whole.writeUInt32LE(Math.min(whole.readUInt32LE(at + 4), whole.length - at - 8) || whole.length - at - 8, at + 4);
  return whole;
}
