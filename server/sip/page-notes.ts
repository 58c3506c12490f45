/** What we tell a page at the other end of a dialog beside the call itself, by INFO with JSON (RFC 6086 knows no package for it). */
import type { Logger } from '../../base/logger.ts';
import type { Dialog } from './drachtio.ts';

/** `video`: whether there is to be a picture now. */
export interface PageNote {
  readonly video: 'on' | 'paused';
}

/** Tells it; a page that is gone or does not understand misses nothing it needs. */
export function tellPage(dialog: Dialog | undefined, note: PageNote, logger: Logger): void {
  if (dialog === undefined) return;
  const headers = { 'Content-Type': 'application/json' };
  // srf's types have no bodies for requests in a dialog.
  const request = dialog.request({ method: 'INFO', headers, body: JSON.stringify(note) } as never);
  Promise.resolve(request as unknown).catch((err: unknown) => logger.debug({ err }, 'a page could not be told'));
}
