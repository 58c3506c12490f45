import { expect, it } from 'vitest';
import { parse } from 'sdp-transform';
import { readVideoAnswer } from './video.ts';
import { webrtcOffer } from './webrtc.ts';

const origin = { sessionId: '1', version: 2, address: '192.0.2.1' };
const local = {
  ...{ usernameFragment: 'u', password: 'p', fingerprints: [{ algorithm: 'sha-256', value: 'AA' }] },
  candidates: [{ foundation: '1', priority: 1, address: '192.0.2.1', protocol: 'udp' as const, port: 40_000 }],
};

it('offers a picture beside the sound, over the same transport, or none at all', () => {
  const offer = parse(webrtcOffer(origin, local, 'opus', { codecs: ['VP8', 'H264'] }));
  expect(offer.groups).toEqual([{ type: 'BUNDLE', mids: '0 1' }]);
  const [sound, picture] = offer.media;
  expect([sound?.type, picture?.type, String(picture?.mid), picture?.payloads]).toEqual([
    'audio',
    'video',
    '1',
    '96 97',
  ]);
  expect(picture?.rtp.map(({ codec }) => codec)).toEqual(['VP8', 'H264']);
  expect([picture?.iceUfrag, picture?.setup, picture?.direction]).toEqual(['u', 'actpass', 'sendrecv']);
  expect(
    picture?.rtcpFb
      ?.filter(({ payload }) => String(payload) === '97')
      .map(({ type, subtype }) => `${type} ${subtype ?? ''}`.trim()),
  ).toEqual(['nack', 'nack pli', 'ccm fir', 'transport-cc']);
  expect(parse(webrtcOffer(origin, local, 'opus')).media.map(({ type }) => type)).toEqual(['audio']);
});

it('names the preferred codec first, and asks for single NAL units where whoever sees it takes no others', () => {
  const picture = parse(webrtcOffer(origin, local, 'opus', { codecs: ['H264', 'VP8'], packetization: 0 })).media.find(
    ({ type }) => type === 'video',
  );
  expect(picture?.payloads).toBe('97 96');
  expect(picture?.fmtp[0]?.config).toBe('level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f');
});

const answer = (line: string, ...more: readonly string[]): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=ssrc:1 cname:a',
    line,
    ...more,
    '',
  ].join('\r\n');

it('takes the first codec of an answer that is ours', () => {
  const both = answer(
    'm=video 9 UDP/TLS/RTP/SAVPF 97 96',
    'a=mid:1',
    'a=rtpmap:96 VP8/90000',
    'a=rtpmap:97 H264/90000',
    'a=ssrc:7 cname:a',
  );
  expect(readVideoAnswer(both)).toEqual({ mid: '1', codec: 'H264', payloadType: 97, ssrc: 7 });
  const one = answer(
    'm=video 9 UDP/TLS/RTP/SAVPF 45 96',
    'a=mid:1',
    'a=rtpmap:45 AV1/90000',
    'a=rtpmap:96 VP8/90000',
    'a=ssrc:8 cname:a',
  );
  expect(readVideoAnswer(one)).toEqual({ mid: '1', codec: 'VP8', payloadType: 96, ssrc: 8 });
});

it.each([
  ['refused', answer('m=video 0 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000', 'a=ssrc:7 cname:a')],
  ['without a codec of ours', answer('m=video 9 UDP/TLS/RTP/SAVPF 45', 'a=rtpmap:45 AV1/90000', 'a=ssrc:7 cname:a')],
  ['that names no source', answer('m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000')],
  ['of sound alone', answer('a=sendrecv')],
  ['that is no SDP', 'hello'],
])('takes no picture from an answer %s', (_name, text) => {
  expect(readVideoAnswer(text)).toBeUndefined();
});
