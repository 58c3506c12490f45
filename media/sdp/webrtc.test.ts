import { describe, expect, test } from 'vitest';
import {
  chooseCodec,
  readDescription,
  webrtcAnswer,
  webrtcOffer,
  type LocalSecurity,
  type NumberedCodec,
} from './index.ts';

function chosen(...asked: Parameters<typeof chooseCodec>): NumberedCodec {
  const found = chooseCodec(...asked);
  if (found === undefined) throw new Error('no codec in common');
  return found;
}

const origin = { sessionId: '77', version: 1, address: '198.51.100.9' };
const local: LocalSecurity = {
  usernameFragment: 'ours',
  password: 'ourpassword',
  fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }],
  candidates: [
    { foundation: 'udpcandidate', priority: 1_076_302_079, address: '198.51.100.9', protocol: 'udp', port: 40_000 },
    { foundation: 'tcpcandidate', priority: 1_076_276_479, address: '198.51.100.9', protocol: 'tcp', port: 40_000 },
  ],
};

/** As Debian's Chromium writes it, shortened. */
const chromiumOffer = [
  'v=0',
  'o=- 4179747439701331351 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=msid-semantic: WMS fb6d4f4e',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:G68l',
  'a=ice-pwd:raKPHOVU0CZehsqBz4sfujz1',
  'a=fingerprint:sha-256 54:18:48',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=rtpmap:126 telephone-event/8000',
  'a=ssrc:2208411871 cname:B7VW7NHs9YcOnLpv',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:1',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');

function read(text: string) {
  const description = readDescription(text, 'webrtc');
  if (!description.ok) throw new Error(description.error.message);
  return description.value;
}

describe('our offer to a browser', () => {
  const lines = webrtcOffer(origin, local, 'PCMU').split('\r\n');

  test.each([
    'a=ice-lite',
    'a=rtcp-mux',
    'a=setup:actpass',
    'a=sendrecv',
    'a=mid:0',
    'a=group:BUNDLE 0',
    'm=audio 40000 UDP/TLS/RTP/SAVPF 0 101',
    'a=fingerprint:sha-256 AA:BB',
    'a=ice-ufrag:ours',
    'a=candidate:udpcandidate 1 udp 1076302079 198.51.100.9 40000 typ host',
    'a=candidate:tcpcandidate 1 tcp 1076276479 198.51.100.9 40000 typ host tcptype passive',
    'a=end-of-candidates',
  ])('has %s', (line) => {
    expect(lines).toContain(line);
  });

  test('names no SSRC: a browser that was told one is deaf to any other', () => {
    expect(lines.some((line) => line.startsWith('a=ssrc'))).toBe(false);
  });

  test('has PCMA only where the call speaks PCMA', () => {
    expect(webrtcOffer(origin, local, 'PCMA')).toContain('SAVPF 8 101');
  });
});

describe('a browser’s offer', () => {
  test('is read: security, SSRC, 8 kHz events; zeros are no hold', () => {
    expect(read(chromiumOffer).audio).toMatchObject({
      direction: 'sendrecv',
      telephoneEvent: 126,
      mid: '0',
      rtcpMux: true,
      codecs: [
        { codec: 'opus', payloadType: 111 },
        { codec: 'G722', payloadType: 9 },
        { codec: 'PCMU', payloadType: 0 },
        { codec: 'PCMA', payloadType: 8 },
      ],
      security: {
        usernameFragment: 'G68l',
        fingerprint: { algorithm: 'sha-256', value: '54:18:48' },
        setup: 'actpass',
        ssrc: 2_208_411_871,
      },
    });
  });

  test('is answered with the agreed codec only, passive, same mid, video refused', () => {
    const offer = read(chromiumOffer);
    const lines = webrtcAnswer(offer, chosen(offer.audio), origin, local).split('\r\n');
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 40000 UDP/TLS/RTP/SAVPF 0 126',
      'm=video 0 UDP/TLS/RTP/SAVPF 96',
    ]);
    for (const line of ['a=ice-lite', 'a=setup:passive', 'a=mid:0', 'a=rtcp-mux', 'a=sendrecv'])
      expect(lines).toContain(line);
  });

  test('of hold is answered recvonly', () => {
    const offer = read(chromiumOffer.replace('a=sendrecv', 'a=sendonly'));
    expect(webrtcAnswer(offer, chosen(offer.audio), origin, local)).toContain('a=recvonly');
  });

  test.each([
    ['a=fingerprint:sha-256 54:18:48\r\n', 'fingerprint'],
    ['a=ice-ufrag:G68l\r\n', 'ice-ufrag'],
    ['a=ice-pwd:raKPHOVU0CZehsqBz4sfujz1\r\n', 'ice-pwd'],
    ['a=setup:actpass\r\n', 'setup'],
  ])('without %j is refused', (line, name) => {
    const description = readDescription(chromiumOffer.replace(line, ''), 'webrtc');
    expect(description.ok).toBe(false);
    if (!description.ok) expect(description.error.message).toContain(name);
  });

  test('that turned the audio down (port 0) is refused', () => {
    expect(readDescription(chromiumOffer.replace('m=audio 9', 'm=audio 0'), 'webrtc')).toMatchObject({ ok: false });
  });
});
