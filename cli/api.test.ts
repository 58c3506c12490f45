import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { Api } from './api.ts';
import type { Terminal } from './terminal.ts';

const silent = (): void => undefined;
const terminal: Terminal = {
  language: 'en',
  interactive: false,
  root: '',
  out: silent,
  err: silent,
  live: silent,
  end: silent,
};

it('reads bytes whole whose sender has gone before they were read', async () => {
  const bytes = Buffer.alloc(1 << 16, 'a');
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(bytes.length)}\r\nConnection: close\r\n\r\n`);
      socket.end(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = new Api(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, 'token', terminal);
  const sound = await api.bytes('/api/v1/calls/1/recording');
  // Both sides have closed it: the end of the connection came while nobody read.
  while ((await new Promise((count) => server.getConnections((_, open) => count(open)))) !== 0)
    await new Promise(setImmediate);
  const parts: Uint8Array[] = [];
  for await (const part of sound) parts.push(part);
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  server.close();
});
