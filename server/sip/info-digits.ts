/** INFO of the far side: digits, as gateways and older phones send them (`application/dtmf-relay`, `application/dtmf`), and wishes for key frames. */
import type { Dialog, Request, Response } from './drachtio.ts';
import { mediaControlType, wantsPicture } from './media-control.ts';

/** A key the far side pressed. Duration in milliseconds. */
export interface InfoDigit {
  readonly digit: string;
  readonly durationMs: number;
}

/** What is taken for the length of a press that does not say it, and the longest that is believed; ms. */
const usualMs = 160;
const longestMs = 10_000;

const accepted = `application/dtmf-relay, application/dtmf, ${mediaControlType}`;

/** What some write instead of the key itself. */
const byNumber: Readonly<Record<string, string>> = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' };

function keyOf(text: string): string | undefined {
  const key = (byNumber[text.trim()] ?? text.trim()).toUpperCase();
  return /^[0-9*#A-D]$/.test(key) ? key : undefined;
}

function durationOf(text: string | undefined): number {
  const ms = Number(text);
  return text === undefined || !Number.isInteger(ms) || ms <= 0 ? usualMs : Math.min(ms, longestMs);
}

/** Reads the body of an INFO. `foreign`: a content type that is none of ours; `bad`: one of ours, but no key in it. */
export function readInfo(contentType: string, body: string): InfoDigit | 'foreign' | 'bad' {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/dtmf') {
    const digit = keyOf(body);
    return digit === undefined ? 'bad' : { digit, durationMs: usualMs };
  }
  if (type !== 'application/dtmf-relay') return 'foreign';
  const digit = keyOf(/^[ \t]*signal[ \t]*=[ \t]*(\S+)/im.exec(body)?.[1] ?? '');
  return digit === undefined
    ? 'bad'
    : { digit, durationMs: durationOf(/^[ \t]*duration[ \t]*=[ \t]*(\d{1,6})/im.exec(body)?.[1]) };
}

/** What an INFO says: a key, or that the far side needs a key frame of whoever it sees. */
export type Informed =
  | ({ readonly type: 'leg-digit' } & InfoDigit)
  /** RFC 5168. */
  | { readonly type: 'leg-wants-picture' };

/** Answers an INFO of a dialog and tells what is in it. */
export function takeInfo(req: Request, res: Response, tell: (informed: Informed) => void): void {
  // RFC 2976 section 2.2: one without a body asks for nothing but an answer.
  if (req.body === '') return void res.send(200);
  const contentType = req.has('Content-Type') ? req.get('Content-Type') : '';
  if (contentType.split(';')[0]?.trim().toLowerCase() === mediaControlType) {
    res.send(200);
    return wantsPicture(req.body) ? tell({ type: 'leg-wants-picture' }) : undefined;
  }
  const read = readInfo(contentType, req.body);
  if (read === 'foreign') return void res.send(415, { headers: { Accept: accepted } });
  if (read === 'bad') return void res.send(400, 'No key in it', {});
  res.send(200);
  tell({ type: 'leg-digit', ...read });
}

/** Sends keys one after the other, each when the last was answered. What is left when the far side refuses one. */
export async function sendInfo(dialog: Dialog | undefined, digits: string): Promise<string> {
  if (dialog === undefined) return digits;
  for (const [at, digit] of [...digits].entries()) {
    const options = {
      method: 'INFO',
      headers: { 'Content-Type': 'application/dtmf-relay' },
      body: `Signal=${digit}\r\nDuration=${String(usualMs)}\r\n`,
    };
    const asked: Promise<{ readonly status?: number } | undefined> = dialog.request(options as never);
    const refused = await asked.then(
      (answer) => answer?.status !== undefined && answer.status >= 300,
      () => true,
    );
    if (refused) return digits.slice(at);
  }
  return '';
}
