import { parse } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import { readVideoLine, videoAnswerLines, videoOfferLines, withMediaLines } from './sip-video.ts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 0'];
const text = (...lines: readonly string[]): string => [...head, ...lines, ''].join('\r\n');

/** As baresip 1.0 writes it. */
const baresip = text(
  'm=video 6464 RTP/AVP 96 97 34',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=0;profile-level-id=42e01f',
  'a=rtpmap:97 H264/90000',
  'a=fmtp:97 packetization-mode=1;profile-level-id=42e01f',
  'a=rtpmap:34 H263/90000',
  'a=sendrecv',
  'a=rtcp-fb:* nack pli',
);
const one = (fmtp: string, ...more: readonly string[]) =>
  readVideoLine(text('m=video 6000 RTP/AVP 99', 'a=rtpmap:99 H264/90000', `a=fmtp:99 ${fmtp}`, ...more));

describe('the video line of a phone', () => {
  it('is read with the format that suits browsers best', () => {
    expect(readVideoLine(baresip)).toEqual({
      ...{ index: 1, protocol: 'RTP/AVP', address: '192.0.2.9', port: 6464, rtcp: undefined, rtcpMux: false },
      ...{ direction: 'sendrecv', payloadType: 97, packetization: 1, profileLevelId: '42e01f', asymmetric: false },
      ...{ sets: [], feedback: { pli: true, fir: false }, mostBitrate: undefined },
    });
    const several = readVideoLine(
      text(
        ...[
          'm=video 6000 RTP/AVP 96 97 98',
          'a=rtpmap:96 H264/90000',
          'a=fmtp:96 packetization-mode=1;profile-level-id=640028',
        ],
        ...['a=rtpmap:97 H264/90000', 'a=fmtp:97 profile-level-id=42e01f'],
        ...['a=rtpmap:98 h264/90000', 'a=fmtp:98 profile-level-id=428014; packetization-mode=1'],
      ),
    );
    expect([several?.payloadType, several?.packetization]).toEqual([98, 1]);
  });

  it('says what it can: packets, profile, sets, feedback, bandwidth', () => {
    expect(one('profile-level-id=42801E')).toMatchObject({ packetization: 0, profileLevelId: '42801e' });
    expect(one('packetization-mode=1')?.profileLevelId, 'RFC 6184 section 8.1').toBe('42000a');
    const full = one(
      'profile-level-id=4d0028;packetization-mode=1;level-asymmetry-allowed=1;sprop-parameter-sets=Z0IAKeKQ,aM48gA==',
      ...['b=AS:384', 'a=rtcp-fb:99 ccm fir', 'a=rtcp-fb:98 nack pli', 'a=rtcp:6009', 'a=recvonly', 'a=rtcp-mux'],
    );
    expect(full).toMatchObject({
      ...{
        sets: ['Z0IAKeKQ', 'aM48gA=='],
        asymmetric: true,
        feedback: { pli: false, fir: true },
        direction: 'recvonly',
      },
      ...{ mostBitrate: 384_000, rtcp: { port: 6009 }, rtcpMux: true },
    });
  });

  it.each([
    ['refused', text('m=video 0 RTP/AVP 97', 'a=rtpmap:97 H264/90000')],
    ['in another codec', text('m=video 6000 RTP/AVP 34', 'a=rtpmap:34 H263/90000')],
    ['interleaved', text('m=video 6000 RTP/AVP 97', 'a=rtpmap:97 H264/90000', 'a=fmtp:97 packetization-mode=2')],
    ['extended', text('m=video 6000 RTP/AVP 97', 'a=rtpmap:97 H264/90000', 'a=fmtp:97 profile-level-id=58e01f')],
    ['encrypted', text('m=video 6000 RTP/SAVP 97', 'a=rtpmap:97 H264/90000')],
    ['absent', text()],
    ['in what is no SDP', 'hello'],
  ])('is none where it is %s', (_name, sdp) => {
    expect(readVideoLine(sdp)).toBeUndefined();
  });

  it('that holds in the old way sends and takes nothing', () => {
    expect(one('packetization-mode=1', 'c=IN IP4 0.0.0.0')).toMatchObject({
      address: undefined,
      direction: 'inactive',
    });
  });
});

describe('our side of it', () => {
  const ours = [
    'v=0',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    'm=audio 30000 RTP/AVP 0',
    'a=sendrecv',
    'm=video 0 RTP/AVP 96 97',
    '',
  ].join('\r\n');

  it('answers in its place with one format, what was offered of feedback, and how much we take', () => {
    const line = readVideoLine(baresip);
    const answer = parse(line === undefined ? '' : withMediaLines(ours, line.index, videoAnswerLines(line, 30_002)));
    expect(answer.media.map(({ type, port, payloads }) => `${type} ${port} ${payloads ?? ''}`)).toEqual([
      'audio 30000 0',
      'video 30002 97',
    ]);
    const video = answer.media[1];
    expect(video?.fmtp[0]?.config).toBe('profile-level-id=42e01f;packetization-mode=1');
    expect(video?.rtcpFb).toEqual([{ payload: 97, type: 'nack', subtype: 'pli' }]);
    expect([video?.direction, video?.bandwidth]).toEqual(['sendrecv', [{ type: 'AS', limit: 1200 }]]);
  });

  it.each([
    ['428014', false, '428014'],
    ['428014', true, '42801f'],
    ['640033', false, '64001f'],
  ])('answers %s (different levels allowed: %s) with %s', (theirs, asymmetric, ours) => {
    const line = one(
      `packetization-mode=1;profile-level-id=${theirs}${asymmetric ? ';level-asymmetry-allowed=1' : ''}`,
    );
    expect(line === undefined ? '' : videoAnswerLines(line, 1).join()).toContain(`profile-level-id=${ours};`);
  });

  it('answers a picture that is only shown with one that is only seen', () => {
    const line = one('packetization-mode=1', 'a=sendonly');
    expect(line && videoAnswerLines(line, 1).at(-1)).toBe('a=recvonly');
  });

  it('offers it behind the sound', () => {
    const sound = ours.slice(0, ours.indexOf('m=video'));
    const line = readVideoLine(withMediaLines(sound, 1, videoOfferLines(30_002, 0)));
    expect(line).toMatchObject({
      index: 1,
      port: 30_002,
      payloadType: 97,
      packetization: 0,
      feedback: { pli: true, fir: true },
    });
  });
});
