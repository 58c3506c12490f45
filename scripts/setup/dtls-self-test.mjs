// @ts-check
// The media worker's self-test: two of its WebRTC transports complete ICE and DTLS with each other, one as client, one as
// server. Both are ICE-lite, so this script is the other end of ICE for both: it sends each a STUN binding request with
// USE-CANDIDATE (RFC 8445, RFC 8489) and then carries the DTLS datagrams across.
//   node dtls-self-test.mjs WORKER_BINARY      exit 0: both connected
import { createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';

const deadlineMs = 20_000;

/** @typedef {import('mediasoup').types.WebRtcTransport} Transport */

/**
 * A STUN attribute, padded to four bytes.
 * @param {number} type
 * @param {Buffer} value
 */
function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

/**
 * A binding request of the controlling ICE agent that nominates this pair.
 * @param {string} username
 * @param {string} password
 */
export function bindingRequest(username, password) {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(0x0001, 0);
  header.writeUInt32BE(0x2112a442, 4);
  randomBytes(12).copy(header, 8);
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(0x6e0001ff);
  const body = Buffer.concat([
    attribute(0x0006, Buffer.from(username)),
    attribute(0x0024, priority),
    attribute(0x802a, randomBytes(8)),
    attribute(0x0025, Buffer.alloc(0)),
  ]);
  // RFC 8489 section 14.5: the length counts up to and including MESSAGE-INTEGRITY; 14.7 likewise for FINGERPRINT.
  header.writeUInt16BE(body.length + 24, 2);
  const integrity = createHmac('sha1', password)
    .update(Buffer.concat([header, body]))
    .digest();
  const signed = Buffer.concat([body, attribute(0x0008, integrity)]);
  header.writeUInt16BE(signed.length + 8, 2);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(Buffer.concat([header, signed])) ^ 0x5354554e) >>> 0);
  return Buffer.concat([header, signed, attribute(0x8028, fingerprint)]);
}

/**
 * Answers ICE for `transport` from an own socket; datagrams that are DTLS (first byte 20 to 63, RFC 7983) go to `onDtls`.
 * @param {Transport} transport
 * @param {(datagram: Buffer) => void} onDtls
 */
async function iceEnd(transport, onDtls) {
  const candidate = transport.iceCandidates[0];
  if (candidate === undefined) throw new Error('the transport has no candidate');
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let connected = false;
  socket.on('message', (datagram) => {
    const first = datagram[0] ?? 0;
    if (first >= 20 && first <= 63) onDtls(datagram);
    else if (datagram.readUInt16BE(0) === 0x0101) connected = true;
  });
  const { usernameFragment, password } = transport.iceParameters;
  /** @param {Buffer} datagram */
  const send = (datagram) => socket.send(datagram, candidate.port, candidate.address ?? candidate.ip);
  const request = () => connected || send(bindingRequest(`${usernameFragment}:selftest`, password));
  request();
  const timer = setInterval(request, 200);
  return {
    send,
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
}

/** @param {Transport} transport */
function dtlsConnected(transport) {
  return new Promise((resolve, reject) => {
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') resolve(undefined);
      else if (state === 'failed' || state === 'closed') reject(new Error(`DTLS ${state}`));
    });
  });
}

/** @param {string} workerBin */
async function handshake(workerBin) {
  const { createWorker } = await import('mediasoup');
  const worker = await createWorker({ workerBin, logLevel: 'error' });
  const died = new Promise((_resolve, reject) => {
    worker.on('died', (error) => reject(new Error(`the worker died during the handshake: ${error?.message ?? ''}`)));
  });
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000 }],
  });
  const options = {
    listenInfos: [{ protocol: /** @type {const} */ ('udp'), ip: '127.0.0.1' }],
    enableUdp: true,
    enableTcp: false,
  };
  const server = await router.createWebRtcTransport(options);
  const client = await router.createWebRtcTransport(options);
  const connected = Promise.all([dtlsConnected(server), dtlsConnected(client)]);
  /** @type {Awaited<ReturnType<typeof iceEnd>>} */
  let toServer;
  const toClient = await iceEnd(client, (datagram) => toServer.send(datagram));
  toServer = await iceEnd(server, (datagram) => toClient.send(datagram));
  const { fingerprints } = server.dtlsParameters;
  // The role named is the remote side's.
  await server.connect({ dtlsParameters: { role: 'client', fingerprints } });
  await client.connect({ dtlsParameters: { role: 'server', fingerprints } });
  await Promise.race([connected, died]);
  toServer.close();
  toClient.close();
  worker.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const timer = setTimeout(() => {
    console.error('no handshake within 20 seconds');
    process.exit(1);
  }, deadlineMs);
  try {
    await handshake(process.argv[2] ?? '');
    clearTimeout(timer);
    console.log('connected');
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
