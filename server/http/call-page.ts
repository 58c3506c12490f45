/** The page from which anybody may call: `/call?to=ROUTE`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import { notBuilt } from './pages.ts';

/** Strangers open it: nothing but its own files, this server and the SIP engine; not even styles inline. */
function policyOf(webSockets: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob: mediastream:",
    `connect-src ${["'self'", ...webSockets].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Serves the page out of the softphone's build in `folder`; it connects to these WebSocket addresses. */
export function callPageOf(folder: string, webSockets: readonly string[]): Router {
  const router = Router({ strict: true, caseSensitive: true });
  const policy = policyOf(webSockets);
  router.get('/call', (_request, response) => {
    const page = join(folder, 'call.html');
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
    if (existsSync(page)) response.sendFile(page, { dotfiles: 'allow' });
    else response.status(503).type('html').send(notBuilt());
  });
  // The page's files are named relative to where it lives.
  router.get(['/call/', '/call.html'], (request, response) => {
    const query = request.originalUrl.indexOf('?');
    response.redirect(308, `/call${query < 0 ? '' : request.originalUrl.slice(query)}`);
  });
  return router;
}
