/** Key frames asked for in INFO (RFC 5168), by phones that know no RTCP for it, and of them. */
import type { Logger } from '../../base/logger.ts';
import type { Dialog } from './drachtio.ts';

/** The type of such a body. */
export const mediaControlType = 'application/media_control+xml';

/** Whether a body asks for a key frame; anything else in it (freezing, errors) asks nothing of us. */
export function wantsPicture(body: string): boolean {
  return /<(?:\w+:)?picture_fast_update\s*\/?>/.test(body);
}

const wish = [
  '<?xml version="1.0" encoding="utf-8"?>',
  '<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>',
  '',
].join('\r\n');

/** Asks the phone at the other end of a dialog; one that does not understand sends a key frame when it likes. */
export function askForPicture(dialog: Dialog | undefined, logger: Logger): void {
  if (dialog === undefined) return;
  // srf's types have no bodies for requests in a dialog.
  const request = dialog.request({
    method: 'INFO',
    headers: { 'Content-Type': mediaControlType },
    body: wish,
  } as never);
  Promise.resolve(request as unknown).catch((err: unknown) =>
    logger.debug({ err }, 'a key frame could not be asked for'),
  );
}
