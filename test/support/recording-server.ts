/** A recorder as RFC 7866 wants one (SRS): takes the INVITE with two streams and metadata, keeps the RTP of both. */
import { createSocket, type Socket } from 'node:dgram';
import {
  headerValue,
  headerValues,
  parseMessage,
  type SipRequest,
  writeMessage,
} from '../../cli/caller/sip-message.ts';
import { RtpPeer } from './rtp-peer.ts';

/** A request as it came, its parts read. */
export interface Recorded {
  readonly request: SipRequest;
  readonly sdp: string;
  readonly metadata: string;
}

export interface RecordingServerOptions {
  /** What INVITEs are answered with. */
  readonly status?: number;
}

/** The parts of a multipart body by their types (RFC 2046 section 5.1). */
function partsOf(request: SipRequest): Map<string, string> {
  const boundary = /boundary="?([^";]+)"?/.exec(headerValue(request, 'Content-Type') ?? '')?.[1];
  if (boundary === undefined) return new Map();
  const pieces = `\r\n${request.body}`.split(`\r\n--${boundary}`);
  if (pieces.at(-1)?.startsWith('--') !== true) throw new Error('the body has no last boundary');
  return new Map(
    pieces.slice(1, -1).map((piece) => {
      const end = piece.indexOf('\r\n\r\n');
      const type = /^content-type:\s*([^;\r]+)/im.exec(piece.slice(0, end))?.[1] ?? '';
      return [type.trim().toLowerCase(), piece.slice(end + 4)] as const;
    }),
  );
}

export class RecordingServer {
  /** INVITEs in order, re-INVITEs included; BYEs. */
  readonly invites: Recorded[] = [];
  readonly byes: SipRequest[] = [];
  acks = 0;
  status: number;
  readonly #socket: Socket;
  readonly #streams: readonly [RtpPeer, RtpPeer];
  readonly #answered = new Map<string, Buffer>();

  private constructor(socket: Socket, streams: readonly [RtpPeer, RtpPeer], status: number) {
    this.#socket = socket;
    this.#streams = streams;
    this.status = status;
    socket.on('message', (bytes, from) => this.#take(bytes, from.port, from.address));
  }

  static async open({ status = 200 }: RecordingServerOptions = {}): Promise<RecordingServer> {
    const streams = [await RtpPeer.open(), await RtpPeer.open()] as const;
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new RecordingServer(socket, streams, status);
  }

  get uri(): string {
    return `sip:recorder@127.0.0.1:${String(this.#socket.address().port)}`;
  }

  /** The streams by their place in the offer. */
  get streams(): readonly [RtpPeer, RtpPeer] {
    return this.#streams;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.close();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #take(bytes: Buffer, port: number, address: string): void {
    const request = parseMessage(bytes);
    if (request?.type !== 'request') return;
    if (request.method === 'ACK') {
      this.acks++;
      return;
    }
    // A request that comes again gets the same answer.
    const key = headerValue(request, 'Via') ?? '';
    const answer = this.#answered.get(key) ?? this.#answer(request);
    this.#answered.set(key, answer);
    this.#socket.send(answer, port, address);
  }

  #answer(request: SipRequest): Buffer {
    const parts = partsOf(request);
    const sdp = parts.get('application/sdp') ?? '';
    if (request.method === 'INVITE')
      this.invites.push({ request, sdp, metadata: parts.get('application/rs-metadata+xml') ?? '' });
    if (request.method === 'BYE') this.byes.push(request);
    const invited = request.method === 'INVITE';
    const status = invited ? this.status : 200;
    const to = headerValue(request, 'To') ?? '';
    const echoed = ['From', 'Call-ID', 'CSeq'].map((name) => ({ name, value: headerValue(request, name) ?? '' }));
    const headers = [
      ...headerValues(request, 'Via').map((value) => ({ name: 'Via', value })),
      ...headerValues(request, 'Record-Route').map((value) => ({ name: 'Record-Route', value })),
      ...echoed,
      { name: 'To', value: /;tag=/.test(to) ? to : `${to};tag=srs` },
      { name: 'Contact', value: `<${this.uri}>;+sip.srs` },
      ...(invited && status === 200 ? [{ name: 'Content-Type', value: 'application/sdp' }] : []),
    ];
    const body = invited && status === 200 ? this.#answerTo(sdp) : '';
    return writeMessage({ type: 'response', status, reason: status === 200 ? 'OK' : 'No', headers, body });
  }

  #answerTo(offer: string): string {
    const labels = [...offer.matchAll(/^a=label:(\S+)/gm)].map(([, label = '']) => label);
    const media = labels.map(
      (label, at) =>
        `m=audio ${String(this.#streams[at]?.port ?? 0)} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=recvonly\r\na=label:${label}\r\n`,
    );
    return `v=0\r\no=srs 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n${media.join('')}`;
  }
}
