/**
 * A program that floods a UDP port: `flooder.ts PORT SOURCES RATE COUNT`. Sends COUNT messages, at most RATE a second, from
 * SOURCES addresses of 127.10.0.0/15: INVITE, REGISTER, OPTIONS and garbage in turn, as scanners and worse do. Prints what it sent as JSON.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const [port = 0, sources = 1, rate = 1, count = 0] = process.argv.slice(2).map(Number);
/** It never runs further behind than so many messages: what is late is not made up for by a burst. */
const longestBurst = 2000;

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n';

function request(method: string, n: number, from: string): string {
  const body = method === 'INVITE' ? sdp : '';
  return [
    `${method} sip:+86531${String(n % 1000)}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${from}:9;branch=z9hG4bK${String(n)}x${String(process.pid)};rport`,
    'Max-Forwards: 70',
    `From: <sip:${String(n % 999)}@127.0.0.1>;tag=1`,
    `To: <sip:${String(n % 999)}@127.0.0.1>`,
    `Call-ID: ${String(n)}f${String(process.pid)}`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:a@${from}:9>`,
    'User-Agent: a nice phone',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${String(body.length)}`,
    '',
    body,
  ].join('\r\n');
}

function message(n: number, from: string): string {
  const methods = ['INVITE', 'REGISTER', 'OPTIONS'];
  const method = methods[n % 4];
  return method === undefined ? `garbage ${String(n)} ${'\u0001\u0002'.repeat(150)}` : request(method, n, from);
}

async function bound(at: number): Promise<{ readonly socket: Socket; readonly from: string }> {
  const socket = createSocket('udp4');
  const from = `127.10.${String(at >> 7)}.${String((at & 127) + 1)}`;
  // Whoever floods does not listen to the answers; errors (a full queue) are part of it.
  socket.on('error', () => {});
  socket.bind(0, from);
  await once(socket, 'listening');
  return { socket, from };
}

const all = await Promise.all(Array.from({ length: sources }, (_, at) => bound(at)));
const start = performance.now();
let sent = 0;
let floor = 0;

function tick(): void {
  const due = Math.floor(((performance.now() - start) * rate) / 1000) - floor;
  if (due - sent > longestBurst) floor += due - sent - longestBurst;
  for (; sent < Math.min(count, due); sent++) {
    const source = all[sent % all.length];
    source?.socket.send(message(sent, source.from), port, '127.0.0.1');
  }
  if (sent < count) setTimeout(tick, 2);
  else
    process.stdout.write(`${JSON.stringify({ sent, ms: Math.round(performance.now() - start) })}\n`, () =>
      process.exit(0),
    );
}
tick();
