/** Serves one bundled page and its WebSocket on a free port of 127.0.0.1, which browsers take for secure. */
import { createServer } from 'node:http';
import { build, type Rolldown } from 'vite';
import { WebSocketServer, type WebSocket } from 'ws';

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2022', minify: false, lib: { entry, formats: ['es'] } },
  });
  const [output] = [built].flat() as Rolldown.RolldownOutput[];
  return output?.output[0].code ?? '';
}

/** Bundles `entry` and serves it; each WebSocket goes to `onSocket`. */
export async function startSite(entry: string, onSocket: (socket: WebSocket) => void): Promise<Site> {
  const code = await bundled(entry);
  const server = createServer((request, response) => {
    const script = request.url === '/page.js';
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    response.end(script ? code : '<!doctype html><title>toy</title><script type="module" src="/page.js"></script>');
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false) });
  sockets.on('connection', onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
