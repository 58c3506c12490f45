import { isToken, readNumber } from './characters.ts';

/** A start line, RFC 3261 sections 7.1 and 7.2. */
export type Start =
  | { readonly type: 'request'; readonly method: string; readonly uri: string }
  | { readonly type: 'response'; readonly status: number; readonly reason: string };

/** What a start line says: all well, wrong but right enough to go on, or nothing. */
export type StartReading =
  | { readonly type: 'good'; readonly start: Start }
  | { readonly type: 'flawed'; readonly start: Start; readonly code: StartProblem; readonly detail: string }
  | { readonly type: 'hopeless'; readonly code: StartProblem; readonly detail: string };

export type StartProblem = 'start-line' | 'version';

const anyVersion = /^SIP\/[0-9]+\.[0-9]+$/i;

function hopeless(code: StartProblem, detail: string): StartReading {
  return { type: 'hopeless', code, detail };
}

function readResponse(line: string): StartReading {
  const first = line.indexOf(' ');
  if (line.slice(0, first).toUpperCase() !== 'SIP/2.0') return hopeless('version', 'not SIP/2.0');
  // The blank before an empty reason is left out by some peers.
  const last = line.indexOf(' ', first + 1);
  const end = last < 0 ? line.length : last;
  const status = end - first === 4 ? readNumber(line.slice(first + 1, end)) : undefined;
  const reason = line.slice(end + 1);
  if (status !== undefined && status > 99 && status < 700) {
    return { type: 'good', start: { type: 'response', status, reason } };
  }
  return {
    type: 'flawed',
    start: { type: 'response', status: 0, reason },
    code: 'start-line',
    detail: 'no such status',
  };
}

/** Reads the first line of a message, without its CRLF. */
export function readStart(line: string): StartReading {
  const first = line.indexOf(' ');
  if (first < 1) return hopeless('start-line', 'start line has too few parts');
  if (line.startsWith('SIP/')) return readResponse(line);
  const method = line.slice(0, first);
  if (!isToken(method)) return hopeless('start-line', 'method is not a token');
  if (line.endsWith(' SIP/2.0') && line.length > first + 9) {
    const uri = line.slice(first + 1, -8);
    if (!uri.startsWith(' ') && !uri.endsWith(' ')) return { type: 'good', start: { type: 'request', method, uri } };
  }
  const tidy = line.trimEnd();
  const last = tidy.lastIndexOf(' ');
  const version = tidy.slice(last + 1);
  if (last <= first || !anyVersion.test(version)) return hopeless('version', 'not SIP/2.0');
  const uri = tidy.slice(first + 1, last);
  const start: Start = { type: 'request', method, uri: uri.trim() };
  if (version.toUpperCase() !== 'SIP/2.0') return { type: 'flawed', start, code: 'version', detail: 'not SIP/2.0' };
  if (start.uri === uri && tidy === line) return { type: 'good', start };
  return { type: 'flawed', start, code: 'start-line', detail: 'blanks in the start line' };
}
