/** Bytes as an answer, whole or in part (RFC 9110 section 14). */
import type { Request, Response } from 'express';
import { once } from 'node:events';

/** What a route answers instead of JSON. It is closed when it was sent, or was not wanted any more. */
export class Download {
  readonly type: string;
  readonly name: string;
  readonly size: number;
  /** Names these very bytes. */
  readonly tag: string;
  readonly #read: (from: number, to: number) => Buffer;
  readonly close: () => void;

  constructor(
    told: { readonly type: string; readonly name: string; readonly tag: string },
    bytes: { readonly size: number; read(from: number, to: number): Buffer; close(): void },
  ) {
    this.type = told.type;
    this.name = told.name;
    this.tag = `"${told.tag}"`;
    this.size = bytes.size;
    this.#read = (from, to) => bytes.read(from, to);
    this.close = () => bytes.close();
  }

  /** Bytes `from` to `to` (not included). */
  read(from: number, to: number): Buffer {
    return this.#read(from, to);
  }
}

/** A range of bytes; `to` is not included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The range a `Range` header asks for. Undefined: all of it, also where several ranges are asked for or the header makes
 * no sense (section 14.2 lets a server ignore it). `unsatisfiable`: it begins after the end.
 */
export function rangeOf(header: string | undefined, size: number): Range | undefined | 'unsatisfiable' {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (asked === null) return undefined;
  const [, first = '', last = ''] = asked;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { from: size - length, to: size };
  }
  const from = Number(first);
  if (last !== '' && Number(last) < from) return undefined;
  if (from >= size) return 'unsatisfiable';
  return { from, to: last === '' ? size : Math.min(Number(last) + 1, size) };
}

/** What is sent at a time: a second and a half of a recording. */
const pieceBytes = 1 << 16;

/** Sends it: 200, 206, 304 or 416, for HEAD without the bytes. Resolves when it was sent or the other side has gone. */
export async function sendDownload(download: Download, request: Request, response: Response): Promise<void> {
  try {
    const { size, tag } = download;
    response.set({ 'Accept-Ranges': 'bytes', ETag: tag, 'Cache-Control': 'private, no-cache' });
    response.set({ 'Content-Type': download.type, 'Content-Disposition': `inline; filename="${download.name}"` });
    if (request.get('if-none-match') === tag) return void response.status(304).end();
    // Section 13.1.5: a range of bytes that have changed meanwhile is of no use.
    const changed = request.get('if-range') !== undefined && request.get('if-range') !== tag;
    const range = changed || request.method !== 'GET' ? undefined : rangeOf(request.get('range'), size);
    if (range === 'unsatisfiable')
      return void response
        .status(416)
        .set('Content-Range', `bytes */${String(size)}`)
        .end();
    const { from, to } = range ?? { from: 0, to: size };
    if (range !== undefined)
      response.status(206).set('Content-Range', `bytes ${String(from)}-${String(to - 1)}/${String(size)}`);
    response.set('Content-Length', String(to - from));
    if (request.method === 'HEAD') return void response.end();
    await pour(download, { from, to }, response);
  } finally {
    download.close();
  }
}

async function pour(download: Download, { from, to }: Range, response: Response): Promise<void> {
  for (let at = from; at < to && !response.destroyed; at += pieceBytes) {
    if (response.write(download.read(at, Math.min(to, at + pieceBytes)))) continue;
    const stop = new AbortController();
    const signal = { signal: stop.signal };
    await Promise.race([once(response, 'drain', signal), once(response, 'close', signal)]).catch(() => undefined);
    stop.abort();
  }
  response.end();
}
