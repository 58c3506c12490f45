/** What reading and writing a SIP message costs, and what 100 kB of the worst nonsense cost. */
import { parseDatagram } from '../server/sip-engine/parser/parse.ts';
import { writeMessage } from '../server/sip-engine/parser/write.ts';
import type { BenchEntry, BenchReport } from './entry.ts';

const sdp = [
  'v=0',
  'o=- 13374 13374 IN IP4 198.51.100.9',
  's=-',
  'c=IN IP4 198.51.100.9',
  't=0 0',
  'm=audio 49170 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

const dialog = [
  'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK3a7f1c9e2b;rport',
  'Via: SIP/2.0/UDP 10.20.30.40:5062;received=198.51.100.9;branch=z9hG4bK77ef4c2312983.1',
  'Max-Forwards: 69',
  'From: "Alice Example" <sip:+8613800138000@198.51.100.7;user=phone>;tag=9fxced76sl',
  'To: <sip:4008001234@203.0.113.10;user=phone>',
  'Call-ID: 3848276298220188511@198.51.100.9',
];

/** An INVITE as a carrier's border element sends it. */
const invite = [
  'INVITE sip:4008001234@203.0.113.10:5060;user=phone SIP/2.0',
  ...dialog,
  'CSeq: 1 INVITE',
  'Record-Route: <sip:198.51.100.7;lr;ftag=9fxced76sl>',
  'Contact: <sip:+8613800138000@10.20.30.40:5062;transport=udp>',
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, UPDATE, PRACK',
  'Supported: 100rel, timer, replaces',
  'Session-Expires: 1800',
  'Min-SE: 90',
  'P-Asserted-Identity: <sip:+8613800138000@198.51.100.7>',
  'User-Agent: Gateway 6.2.1',
  'Content-Type: application/sdp',
  `Content-Length: ${sdp.length}`,
  '',
  sdp,
].join('\r\n');

const bye = ['BYE sip:203.0.113.10:5060 SIP/2.0', ...dialog, 'CSeq: 2 BYE', 'Content-Length: 0', '', ''].join('\r\n');

/** Where nonsense is put, and of what it is made. */
const hostile: Readonly<Record<string, (size: number) => string>> = {
  'folded lines': (size) => invite.replace('User-Agent:', `X:${'\r\n a'.repeat(size / 4)}\r\nUser-Agent:`),
  'quotes in From': (size) => invite.replace('"Alice Example"', '"\\"'.repeat(size / 3)),
  'parameters of Via': (size) => invite.replace(';rport', ';a="b"'.repeat(size / 6)),
  'addresses in Contact': (size) => invite.replace('Contact: ', `Contact: ${'<sip:a@b>,'.repeat(size / 10)}`),
  'blanks in a URI': (size) => invite.replace(';user=phone SIP', `${' '.repeat(size)} SIP`),
  'one long header': (size) => invite.replace('Gateway', 'a'.repeat(size)),
};

const wide = { datagram: 1e7, stream: 1e7, head: 1e7, headers: 1e6 };

/** The least processor time of one turn in microseconds, of `tries` rounds of `turns`. */
function cost(turns: number, tries: number, work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let count = 0; count < tries; count++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < turns; turn++) work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / turns);
  }
  return best;
}

function figures(name: string, text: string): BenchEntry[] {
  const bytes = Buffer.from(text);
  const read = parseDatagram(bytes);
  if (!read.ok) throw new Error(`${name}: ${read.error.detail}`);
  const { message } = read.value;
  const parse = cost(10_000, 10, () => parseDatagram(bytes));
  const write = cost(10_000, 10, () => writeMessage(message));
  const detail = `${bytes.length} bytes, ${message.headers.length} headers, processor time, best of 10 rounds of 10,000`;
  return [
    { name: `parser/${name}-read`, value: parse, unit: 'us', better: 'smaller', detail },
    { name: `parser/${name}-read-per-second`, value: 1e6 / parse, unit: 'messages/s', better: 'larger' },
    { name: `parser/${name}-write`, value: write, unit: 'us', better: 'smaller' },
  ];
}

export function run(): Promise<BenchReport> {
  const nonsense = Object.entries(hostile).map(([name, make]): BenchEntry => {
    const bytes = Buffer.from(make(100_000));
    const value = cost(1, 20, () => parseDatagram(bytes, wide.datagram, wide)) / 1000;
    return {
      name: `parser/hostile ${name}`,
      value,
      unit: 'ms',
      better: 'smaller',
      detail: '100 kB; 50 ms are allowed',
    };
  });
  return Promise.resolve({ entries: [...figures('invite', invite), ...figures('bye', bye), ...nonsense] });
}
