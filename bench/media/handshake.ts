/** An agent's handshake without a browser: ICE by hand, DTLS by `openssl s_client` behind a socket of the telephones. */
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { srtpKeys, type SrtpKeys } from './srtp.ts';

const host = '127.0.0.1';
const patienceMs = 10_000;

/** Who is to be greeted, and as whom. */
export interface Greeting {
  readonly to: number;
  /** Of the far side's ICE; absent: it has none. */
  readonly ice?: { readonly fragment: string; readonly password: string };
  readonly certificate: string;
  readonly key: string;
}

/** What a handshake agreed on. */
export interface Secrets {
  readonly ours: SrtpKeys;
  readonly theirs: SrtpKeys;
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/** A binding request that nominates (RFC 8445 section 7.1, RFC 8489 sections 14.5 and 14.7). */
export function bindingRequest({
  fragment,
  password,
}: {
  readonly fragment: string;
  readonly password: string;
}): Buffer {
  const head = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);
  const numbers = Buffer.alloc(4, 0x6e);
  const said = [
    attribute(0x0006, Buffer.from(`${fragment}:bench`)),
    attribute(0x0024, numbers),
    attribute(0x802a, randomBytes(8)),
    attribute(0x0025, Buffer.alloc(0)),
  ];
  const whole = (parts: readonly Buffer[], more: number): Buffer => {
    const message = Buffer.concat([head, ...parts]);
    // The length says already what is about to be added.
    message.writeUInt16BE(message.length - 20 + more, 2);
    return message;
  };
  const integrity = createHmac('sha1', password).update(whole(said, 24)).digest();
  const signed = [...said, attribute(0x0008, integrity)];
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(whole(signed, 8)) ^ 0x5354554e) >>> 0);
  return whole([...signed, attribute(0x8028, sum)], 0);
}

function after(ms: number, what: string): Promise<never> {
  return new Promise((_resolve, reject) => void setTimeout(() => reject(new Error(what)), ms).unref());
}

async function nominated(socket: Socket, { to, ice }: Greeting): Promise<void> {
  if (ice === undefined) return;
  const answered = new Promise<void>((resolve) => {
    const look = (bytes: Buffer, from: { readonly port: number }): void => {
      if (bytes.readUInt16BE(0) !== 0x0101 || from.port !== to) return;
      socket.off('message', look);
      resolve();
    };
    socket.on('message', look);
  });
  socket.send(bindingRequest(ice), to, host);
  await Promise.race([answered, after(patienceMs, 'ICE was not answered')]);
}

/** Greets from `socket`, as DTLS client; resolves with the keys of SRTP. */
export async function greet(socket: Socket, greeting: Greeting): Promise<Secrets> {
  await nominated(socket, greeting);
  const inside = createSocket('udp4').bind(0, host);
  await once(inside, 'listening');
  let client = 0;
  const outward = (bytes: Buffer, from: { readonly port: number }): void => {
    client = from.port;
    socket.send(bytes, greeting.to, host);
  };
  // RFC 7983: the first byte of DTLS is 20 to 63.
  const inward = (bytes: Buffer): void => {
    const first = bytes[0] ?? 0;
    if (first >= 20 && first <= 63 && client !== 0) inside.send(bytes, client, host);
  };
  inside.on('message', outward);
  socket.on('message', inward);
  const words = ['s_client', '-dtls1_2', '-connect', `${host}:${inside.address().port}`, '-mtu', '1200'];
  words.push('-cert', greeting.certificate, '-key', greeting.key, '-use_srtp', 'SRTP_AEAD_AES_256_GCM');
  words.push('-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen', '88');
  const child = spawn('openssl', words, { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const secret = new Promise<Buffer>((resolve) => {
      let said = '';
      child.stdout.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        const hex = /Keying material: ([0-9A-F]{176})/.exec(said)?.[1];
        if (hex !== undefined) resolve(Buffer.from(hex, 'hex'));
      });
    });
    const keys = await Promise.race([secret, after(patienceMs, 'DTLS was not answered')]);
    // RFC 5764 section 4.2: both keys, then both salts, the client's first.
    const ours = srtpKeys(keys.subarray(0, 32), keys.subarray(64, 76));
    const theirs = srtpKeys(keys.subarray(32, 64), keys.subarray(76, 88));
    return { ours, theirs };
  } finally {
    socket.off('message', inward);
    // Killed, it says no goodbye: what it agreed on goes on.
    child.kill('SIGKILL');
    inside.close();
  }
}
