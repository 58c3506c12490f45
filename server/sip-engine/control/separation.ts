import type { AppConnection } from './app-connection.ts';

/** Node reads at most this many bytes from a socket at once. */
const longestRead = 65_536;
/** After this time an app has read, whatever it was busy with. Milliseconds. */
const surelyRead = 2000;

/** Where in an app's stream the echo of a request ends, and when it was written. */
export interface EchoMark {
  readonly app: AppConnection;
  readonly end: number;
  readonly at: number;
}

/** Call it right after an echo was written. */
export function markEcho(app: AppConnection, now: number): EchoMark {
  return { app, end: app.written, at: now };
}

/**
 * Rule 4 of the control protocol: an answer must not share a read with the echo of its request. srf deals with all
 * frames of a read before the app that awaits the request goes on and listens, so the answer would be told to nobody.
 *
 * Waiting a little does not help an app that is busy for longer (at 10 ms, 24 of 1,000 were lost on a loaded machine).
 * So what has been written since the echo is filled up to the length of a read, with a reply to a request nobody made,
 * which srf drops unseen: the two cannot come in one read. It costs some 50 us on each side, for requests outside of
 * dialogs only, and nothing where an app has many of them under way.
 */
export function separate(mark: EchoMark, now: number): void {
  const between = mark.app.written - mark.end;
  if (between < longestRead && now - mark.at < surelyRead) mark.app.fill(longestRead - between);
}
