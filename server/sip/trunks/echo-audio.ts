/** The audio of a test call: a few seconds of RTP out, and a count of what comes back. No media node is asked. */
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';

/** Where test audio is sent from and what is told of it in SDP. */
export interface AudioPlace {
  /** What is listened on. */
  readonly bind: string;
  /** What others reach it at. */
  readonly advertise: string;
  /** First and last port, as the firewall lets in; tried from the last down. */
  readonly ports: readonly [number, number];
}

/** What went and what came. */
export interface AudioCount {
  readonly sent: number;
  readonly received: number;
  /** Packets that held what we had sent. */
  readonly echoed: number;
  /** Our digit came back as RFC 4733. */
  readonly digitEchoed: boolean;
}

const frameMs = 20;
const samplesPerFrame = 160;
const telephoneEvent = 101;

/** What an answer says of its audio. */
export interface RemoteAudio {
  readonly host: string;
  readonly port: number;
  /** `PCMA` or `PCMU`; null when it is neither. */
  readonly codec: 'PCMA' | 'PCMU' | null;
  readonly payloadType: number;
  /** Payload type of telephone-event; null when digits go in band. */
  readonly eventType: number | null;
}

/** Reads the audio of an SDP; undefined when there is none, or it was refused (port 0, RFC 3264 section 6). */
export function remoteAudio(sdp: string): RemoteAudio | undefined {
  const media = /^m=audio (\d+) [A-Z/]+ ([\d ]+)/m.exec(sdp);
  const host =
    /^c=IN IP[46] ([^\s/]+)/m.exec(sdp.slice(media?.index ?? 0))?.[1] ?? /^c=IN IP[46] ([^\s/]+)/m.exec(sdp)?.[1];
  const port = Number(media?.[1] ?? 0);
  if (media === null || host === undefined || port === 0 || port > 65_535) return undefined;
  const types = (media[2] ?? '').trim().split(' ').map(Number);
  const event = /^a=rtpmap:(\d+) telephone-event\/8000/im.exec(sdp)?.[1];
  const payloadType = types.find((type) => String(type) !== event) ?? -1;
  const codec = payloadType === 8 ? 'PCMA' : payloadType === 0 ? 'PCMU' : null;
  return { host, port, codec, payloadType, eventType: event === undefined ? null : Number(event) };
}

/** One frame: the same pattern in each, different from one to the next, so that an echo is known again. */
function frameOf(count: number): Buffer {
  const frame = Buffer.alloc(samplesPerFrame);
  for (let at = 0; at < frame.length; at++) frame[at] = (Math.imul(count + 1, 31) + at * 7) & 0xff;
  return frame;
}

function packet(
  type: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
  payload: Buffer,
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | type;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

function bound(place: AudioPlace, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(place.bind.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind(port, place.bind, () => resolve(socket));
  });
}

export class EchoAudio {
  readonly #socket: Socket;
  readonly #place: AudioPlace;
  readonly #ssrc = randomInt(2 ** 32 - 1);
  readonly #sentFrames = new Map<string, number>();
  #remote: RemoteAudio | undefined;
  #sent = 0;
  #sequence = 0;
  #received = 0;
  #echoed = 0;
  #digitEchoed = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket, place: AudioPlace) {
    this.#socket = socket;
    this.#place = place;
    socket.on('error', () => undefined);
    socket.on('message', (bytes) => this.#read(bytes));
  }

  /** Takes a port of the place; undefined when none of them is free. */
  static async open(place: AudioPlace): Promise<EchoAudio | undefined> {
    const [first, last] = place.ports;
    for (let port = last - (last % 2); port >= first; port -= 2) {
      const socket = await bound(place, port);
      if (socket !== undefined) return new EchoAudio(socket, place);
    }
    return undefined;
  }

  /** Our offer. */
  get offer(): string {
    const { advertise } = this.#place;
    const at = `IP${advertise.includes(':') ? 6 : 4} ${advertise}`;
    const { port } = this.#socket.address();
    const lines = ['v=0', `o=- 1 1 IN ${at}`, 's=-', `c=IN ${at}`, 't=0 0', `m=audio ${port} RTP/AVP 0 8 101`];
    lines.push('a=rtpmap:0 PCMU/8000', 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000');
    return [...lines, 'a=fmtp:101 0-15', 'a=ptime:20', 'a=sendrecv', ''].join('\r\n');
  }

  /** How much has come so far: early media, before the answer. */
  get received(): number {
    return this.#received;
  }

  /** Talks for so long, with a digit in the middle; resolves with the count a moment after. */
  async talk(remote: RemoteAudio, lengthMs: number): Promise<AudioCount> {
    this.#remote = remote;
    const frames = Math.ceil(lengthMs / frameMs);
    await new Promise<void>((resolve) => {
      this.#timer = setInterval(() => {
        if (this.#sent >= frames) return resolve();
        this.#send(frames);
      }, frameMs);
    });
    clearInterval(this.#timer);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { sent: this.#sent, received: this.#received, echoed: this.#echoed, digitEchoed: this.#digitEchoed };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #send(frames: number): void {
    const remote = this.#remote;
    if (remote === undefined) return;
    const count = this.#sent++;
    const payload = frameOf(count);
    this.#sentFrames.set(payload.toString('latin1', 0, 8), count);
    this.#write(
      packet(remote.payloadType, count === 0, this.#sequence++, count * samplesPerFrame, this.#ssrc, payload),
      remote,
    );
    if (count === Math.floor(frames / 2) && remote.eventType !== null) this.#sendDigit(remote, remote.eventType, count);
  }

  /** Digit 5 in four packets, the last three with the end bit (RFC 4733 section 2.5.1.4). */
  #sendDigit(remote: RemoteAudio, type: number, count: number): void {
    for (const [at, end] of [false, true, true, true].entries()) {
      const event = Buffer.from([5, (end ? 0x80 : 0) | 10, 0x03, 0x20]);
      this.#write(packet(type, at === 0, this.#sequence++, count * samplesPerFrame, this.#ssrc, event), remote);
    }
  }

  #write(bytes: Buffer, remote: RemoteAudio): void {
    this.#socket.send(bytes, remote.port, remote.host, () => undefined);
  }

  #read(bytes: Buffer): void {
    if (bytes.length < 13 || (bytes.readUInt8(0) & 0xc0) !== 0x80) return;
    const type = bytes.readUInt8(1) & 0x7f;
    if (type >= 72 && type <= 76) return;
    const payload = bytes.subarray(12);
    if (type === (this.#remote?.eventType ?? telephoneEvent) && payload.length === 4) {
      if (payload[0] === 5) this.#digitEchoed = true;
      return;
    }
    this.#received++;
    if (this.#sentFrames.has(payload.toString('latin1', 0, 8))) this.#echoed++;
  }
}
