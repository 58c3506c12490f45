/** The small pages beside the agents': `/call?to=ROUTE`, from which anybody may call, and `/listen?call=ID`, where recordings are played. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import { notBuilt } from './pages.ts';

/** Nothing but its own files, this server and what it is told to connect to; not even styles inline. */
function policyOf(connects: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob: mediastream:",
    `connect-src ${["'self'", ...connects].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Serves the page for callers out of the softphone's build in `folder`; it connects to these WebSocket addresses. */
export function callPageOf(folder: string, webSockets: readonly string[]): Router {
  return smallPageOf(folder, 'call', policyOf(webSockets));
}

/** Serves the page on which recordings are played. */
export function listenPageOf(folder: string): Router {
  return smallPageOf(folder, 'listen', policyOf([]));
}

function smallPageOf(folder: string, name: string, policy: string): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get(`/${name}`, (_request, response) => {
    const page = join(folder, `${name}.html`);
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
    if (existsSync(page)) response.sendFile(page, { dotfiles: 'allow' });
    else response.status(503).type('html').send(notBuilt());
  });
  // The page's files are named relative to where it lives.
  router.get([`/${name}/`, `/${name}.html`], (request, response) => {
    const query = request.originalUrl.indexOf('?');
    response.redirect(308, `/${name}${query < 0 ? '' : request.originalUrl.slice(query)}`);
  });
  return router;
}
