import { makeProblem } from '../../protocol/problems/index.ts';
import type { Problem } from '../../protocol/problems/index.ts';
import { fail, ok } from '../../base/result.ts';
import type { Result } from '../../base/result.ts';

/** What the shell can be told. */
export interface ShellSettings {
  /** The Jackfield server, as an origin with a slash: `https://desk.example/`. */
  readonly server: URL;
  /** A key that answers from any program while it rings, as Electron writes it; none unless set. */
  readonly answerKey?: string;
}

const defaultServer = 'http://127.0.0.1:8080/';

/**
 * Reads the settings: `--server=URL` and `--answer-key=KEY` of the command line come before the file, the file before
 * the defaults. `file` is the text of the settings file, `{"server": "...", "answerKey": "..."}`, if there is one.
 */
export function readSettings(args: readonly string[], file?: string): Result<ShellSettings, Problem> {
  const written = file === undefined ? {} : parse(file);
  if (written === undefined) return fail(makeProblem('not-json', { reason: 'desk.json' }, 'desk.json'));
  const server = serverAddress(argument(args, 'server') ?? text(written['server']) ?? defaultServer);
  if (server === undefined) return fail(makeProblem('desk-server-address', {}, 'server'));
  const answerKey = argument(args, 'answer-key') ?? text(written['answerKey']);
  return ok({ server, ...(answerKey === undefined ? {} : { answerKey }) });
}

function argument(args: readonly string[], name: string): string | undefined {
  const prefix = `--${name}=`;
  return args.find((each) => each.startsWith(prefix))?.slice(prefix.length);
}

function parse(file: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(file);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** http and https only, and nothing but the host: the page is always at the root. */
function serverAddress(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return new URL('/', url);
}
