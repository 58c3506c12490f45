import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/sip-engine/index.ts';
import { rfc4475, rfc5118 } from '../data/torture/verdicts.ts';
import type { Row } from '../data/torture/verdicts.ts';
import { tcpPeer, udpPeer, webSocketPeer } from '../support/sip/raw-peer.ts';
import type { RawPeer } from '../support/sip/raw-peer.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { connectApp } from '../support/sip/srf.ts';
import type { App, SrfRequest, SrfResponse } from '../support/sip/srf.ts';
import { embedded, portOf, startTestEngine } from '../support/sip/target.ts';
import { tortureMessages } from '../support/sip/torture.ts';

const table: readonly (readonly [string, Row, Buffer])[] = (
  [
    ['rfc4475', rfc4475],
    ['rfc5118', rfc5118],
  ] as const
).flatMap(([rfc, rows]) => {
  const messages = tortureMessages(rfc);
  return rows.map((row) => {
    const bytes = messages.get(row.name);
    if (bytes === undefined) throw new Error(`${rfc} has no ${row.name}`);
    return [`${rfc} ${row.section} ${row.name}`, row, bytes] as const;
  });
});

/** What the app answers what reaches it with: INVITE 486, or 415 for a body it does not know; everything else 200. */
function verdictOfApp(request: SrfRequest): number {
  if (request.method !== 'INVITE') return 200;
  return request.get('content-type') === 'application/sdp' ? 486 : 415;
}

/** An engine of its own, as the messages share branches, with an app on unmodified drachtio-srf. */
interface Stage {
  readonly engine: Engine;
  /** What the app got, OPTIONS that only ask whether the engine lives left out. */
  readonly got: SrfRequest[];
}

const closers: (() => Promise<void>)[] = [];
let loopback = 0;

async function stage(): Promise<Stage> {
  const engine = await startTestEngine();
  closers.push(() => engine.close());
  const got: SrfRequest[] = [];
  const answer = (request: SrfRequest, response: SrfResponse): void => {
    if (!request.get('call-id').endsWith('@raw')) got.push(request);
    response.send(verdictOfApp(request), {});
  };
  const target = { host: '127.0.0.1', port: engine.ports.admin, secret: 'contract-secret' };
  const app: App = await connectApp(target, {
    prepare: (srf) => {
      srf.invite(answer);
      srf.register(answer);
      srf.options(answer);
      srf.message(answer);
    },
  });
  closers.push(() => app.disconnect());
  return { engine, got };
}

function keep<P extends RawPeer>(peer: P): P {
  closers.push(() => peer.close());
  return peer;
}

/** The engine lives: a good OPTIONS is answered by the app. */
async function lives(peer: RawPeer, port: number): Promise<void> {
  const sent = peer.send('OPTIONS', port);
  await peer.next((message) => message.status === 200 && message.header('Call-ID') === sent.header('Call-ID'));
}

/** Final answers to anything but the questions whether the engine lives. */
function finals(peer: RawPeer): RawMessage[] {
  return peer.seen.filter((message) => message.status >= 200 && !message.header('Call-ID').endsWith('@raw'));
}

/** Waits until what must come of the message has come. */
async function judge(row: Row, peer: RawPeer, { engine, got }: Stage, alive: () => Promise<void>): Promise<void> {
  const { verdict } = row;
  if (verdict === 'accepted' || typeof verdict === 'number') {
    await peer.next((message) => message.status >= 200 && !message.header('Call-ID').endsWith('@raw'));
  }
  await alive();
  const [request] = got;
  const expected = verdict === 'accepted' && request !== undefined ? [verdictOfApp(request)] : [verdict];
  const statuses = finals(peer).map(({ status }) => status);
  if (verdict === 'unmatched' || verdict === 'dropped') expect(statuses).toEqual([]);
  else expect([...new Set(statuses)]).toEqual(expected);
  expect(got).toHaveLength(verdict === 'accepted' ? 1 : 0);
  const { responses, malformed } = engine.counts();
  expect({ responses, dropped: verdict === 'dropped' && malformed > 0 }).toEqual({
    responses: verdict === 'unmatched' ? 1 : 0,
    dropped: verdict === 'dropped',
  });
}

describe.runIf(embedded)('torture messages', () => {
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('are 49 and 12', () => {
    expect([rfc4475.length, rfc5118.length, new Set(table.map(([name]) => name)).size]).toEqual([49, 12, 61]);
  });

  it.each(table)('%s over UDP', async (_name, row, bytes) => {
    const on = await stage();
    const port = portOf(on.engine, 'udp');
    // Without rport the answer goes to the port of the Via, which is ours on a loopback address of its own.
    loopback++;
    const host = `127.${100 + (process.pid % 100)}.${Math.floor(loopback / 200) + 1}.${(loopback % 200) + 1}`;
    const peer = keep(await udpPeer(host, row.port ?? 5060));
    peer.raw(bytes, port);
    await judge(row, peer, on, () => lives(peer, port));
  });

  it.each(table)('%s over WebSocket', async (_name, row, bytes) => {
    const on = await stage();
    const peer = keep(await webSocketPeer(`ws://127.0.0.1:${portOf(on.engine, 'ws')}`));
    peer.raw(bytes);
    await judge(row, peer, on, () => lives(peer, portOf(on.engine, 'udp')));
  });

  it.each(table)('%s over TCP', async (_name, row, bytes) => {
    const on = await stage();
    const port = portOf(on.engine, 'tcp');
    const peer = keep(await tcpPeer(port));
    const other = keep(await tcpPeer(port));
    const closed = once(peer.socket, 'close');
    peer.raw(bytes);
    if (row.stream === undefined) {
      // What follows in the stream of `dblreq` is a message of its own there; only the first is judged.
      if (row.name !== 'dblreq') return judge(row, peer, on, () => lives(peer, port));
      await peer.response(200, 'REGISTER');
    } else if (row.stream === 'closed') {
      await peer.response(400);
      await closed;
    }
    await lives(other, port);
    if (row.stream === 'waits') expect([finals(peer), peer.socket.destroyed]).toEqual([[], false]);
  });
});
