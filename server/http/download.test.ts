import { createServer } from 'node:http';
import { once } from 'node:events';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Download, rangeOf, sendDownload } from './download.ts';

describe('a range', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-0', { from: 0, to: 1 }],
    ['bytes=10-', { from: 10, to: 100 }],
    ['bytes=90-400', { from: 90, to: 100 }],
    ['bytes=-10', { from: 90, to: 100 }],
    ['bytes=-400', { from: 0, to: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=-', undefined],
    ['seconds=1-2', undefined],
  ] as const)('%s of 100 bytes', (header, range) => expect(rangeOf(header, 100)).toEqual(range));
});

describe('a download', () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7) & 0xff));
  let closed = 0;
  const app = express();
  app.get('/', (request, response, next) => {
    const sound = {
      size: bytes.length,
      read: (from: number, to: number) => bytes.subarray(from, to),
      close: () => closed++,
    };
    sendDownload(new Download({ type: 'audio/wav', name: 'a.wav', tag: 'h1' }, sound), request, response).catch(next);
  });
  const server = createServer(app);
  let url = '';
  beforeEach(async () => {
    closed = 0;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}/`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const ask = (headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers });
  const bodyOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

  it('comes whole, with its length and its tag', async () => {
    const response = await ask();
    expect([response.status, response.headers.get('content-length'), response.headers.get('etag')]).toEqual([
      200,
      '200000',
      '"h1"',
    ]);
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
    expect(closed).toBe(1);
  });

  it('comes in parts', async () => {
    const response = await ask({ range: 'bytes=1000-150999' });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 1000-150999/200000']);
    expect((await bodyOf(response)).equals(bytes.subarray(1000, 151_000))).toBe(true);
  });

  it('comes whole when it has changed since', async () => {
    expect((await ask({ range: 'bytes=0-9', 'if-range': '"h0"' })).status).toBe(200);
    expect((await ask({ range: 'bytes=0-9', 'if-range': '"h1"' })).status).toBe(206);
    expect((await ask({ 'if-none-match': '"h1"' })).status).toBe(304);
  });

  it('refuses what is after its end, and gives HEAD its length alone', async () => {
    const refused = await ask({ range: 'bytes=200000-' });
    expect([refused.status, refused.headers.get('content-range')]).toEqual([416, 'bytes */200000']);
    const head = await ask({}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), (await bodyOf(head)).length]).toEqual([200, '200000', 0]);
    expect(closed).toBe(2);
  });
});
