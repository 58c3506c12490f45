/** The agent page: the files of the softphone's build. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { makeProblem } from '../../protocol/problems/index.ts';

/**
 * Scripts from this server only; connections to it and, for SIP and the desk, by WebSocket (`connect-src` cannot say "this
 * host, any port"). Styles inline, since the UI library writes them so.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': contentSecurityPolicy,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'microphone=(self), camera=(self), autoplay=(self), geolocation=(), payment=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
  });
  next();
};

/** Instead of a page that is not there yet. */
export function notBuilt(): string {
  const { title, titleZh, detail, detailZh } = makeProblem('softphone-not-built');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Jackfield</title>
<body style="font: 16px/1.6 sans-serif; max-width: 40em; margin: 4em auto">
<h1>Jackfield</h1><p><b>${title}</b> ${detail}</p><p lang="zh"><b>${titleZh}</b> ${detailZh}</p></body></html>`;
}

/** Serves the build in `folder`; whatever is no file and wants HTML is the page itself, which finds its own way. */
export function pagesOf(folder: string): Router {
  const router = Router();
  const assets = express.static(folder, {
    index: false,
    setHeaders(response, path) {
      // Vite names assets by their content.
      const named = path.includes('assets');
      response.setHeader('Cache-Control', named ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  router.use(assets);
  router.get(/.*/, (request, response, next) => {
    if (request.accepts('html') === false || /\.\w+$/.test(request.path)) {
      next();
      return;
    }
    const page = join(folder, 'index.html');
    // Looked for at every request: the build may come while the server runs.
    if (existsSync(page)) response.set('Cache-Control', 'no-cache').sendFile(page, { dotfiles: 'allow' });
    else response.status(503).type('html').send(notBuilt());
  });
  return router;
}
