import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from './g711.ts';
import { parseRtp, parseTelephoneEvent, sequenceDistance, writeRtp, writeTelephoneEvent } from './rtp.ts';
import { answerSdp, offerSdp, readSdp } from './sdp.ts';
import type { LocalAudio, RemoteAudio } from './sdp.ts';
import { readWav, resample, writeWav } from './wav.ts';

describe('G.711', () => {
  it.each(['pcmu', 'pcma'] as const)('%s comes back within the step of its segment', (codec) => {
    const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    const back = decodeG711(codec, encodeG711(codec, samples));
    for (let i = 0; i < samples.length; i += 7) {
      const sample = samples[i] ?? 0;
      expect(Math.abs((back[i] ?? 0) - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16 + 4));
    }
  });

  it('knows the silence every phone sends', () => {
    expect(encodeG711('pcmu', new Int16Array(1))[0]).toBe(0xff);
    expect([0xd5, 0x55]).toContain(encodeG711('pcma', new Int16Array(1))[0]);
    expect(decodeG711('pcmu', Uint8Array.of(0x00, 0x80))).toEqual(Int16Array.of(-32_124, 32_124));
    expect(decodeG711('pcma', Uint8Array.of(0x2a, 0xaa))).toEqual(Int16Array.of(-32_256, 32_256));
  });
});

describe('RTP', () => {
  it('reads what it writes', () => {
    const packet = {
      payloadType: 101,
      marker: true,
      sequence: 65_535,
      timestamp: 4_294_967_295,
      ssrc: 0xdeadbeef,
      payload: Buffer.from('abc'),
    };
    expect(parseRtp(writeRtp(packet))).toEqual(packet);
  });

  it('skips contributors, extension and padding', () => {
    const bytes = Buffer.from('b1000001000000020000000300000004be de0001aabbccdd7f7f0002'.replaceAll(' ', ''), 'hex');
    expect(parseRtp(bytes)?.payload).toEqual(Buffer.from('7f7f', 'hex'));
  });

  it('never throws on garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        parseRtp(Buffer.from(bytes));
      }),
    );
  });

  it('leaves RTCP alone', () => {
    expect(parseRtp(Buffer.from('80c80006000000010000000200000003', 'hex'))).toBeUndefined();
  });

  it('measures over the wrap', () => {
    expect(sequenceDistance(65_535, 2)).toBe(3);
    expect(sequenceDistance(2, 65_535)).toBe(-3);
  });

  it('writes telephone events', () => {
    expect(parseTelephoneEvent(writeTelephoneEvent('#', 800, true))).toEqual({ digit: '#', end: true, duration: 800 });
    expect(parseTelephoneEvent(Buffer.from([200, 0, 0, 0]))).toBeUndefined();
  });
});

const local: LocalAudio = {
  address: '127.0.0.1',
  port: 4000,
  codecs: ['pcmu', 'pcma'],
  session: { id: 7, version: 1 },
};

describe('SDP', () => {
  it('offers both laws and events', () => {
    const offer = offerSdp(local);
    expect(offer).toContain('m=audio 4000 RTP/AVP 0 8 101\r\n');
    expect(offer).toContain('a=rtpmap:101 telephone-event/8000\r\n');
    expect(readSdp(offer, ['pcmu'])).toEqual({
      address: '127.0.0.1',
      port: 4000,
      codec: 'pcmu',
      payloadType: 0,
      eventPayloadType: 101,
      direction: 'sendrecv',
    });
  });

  it('reads static payload types without rtpmap, foreign numbers, and the address of the media line', () => {
    const answer =
      'v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 9 RTP/AVP 18 8 97\r\nc=IN IP4 10.0.0.2\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly\r\n';
    expect(readSdp(answer, ['pcmu', 'pcma'])).toEqual({
      address: '10.0.0.2',
      port: 9,
      codec: 'pcma',
      payloadType: 8,
      eventPayloadType: 97,
      direction: 'sendonly',
    });
  });

  it.each([
    ['v=0\r\nm=video 9 RTP/AVP 96\r\n', 'no-audio'],
    ['v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 0 RTP/AVP 0\r\n', 'audio-refused'],
    ['v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 9 RTP/AVP 9\r\n', 'no-common-codec'],
    ['v=0\r\nm=audio 9 RTP/AVP 0\r\n', 'no-address'],
  ])('says why %j cannot be used: %s', (sdp, fault) => {
    expect(readSdp(sdp, ['pcmu'])).toBe(fault);
  });

  it('knows the hold of old phones', () => {
    const hold = 'v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 RTP/AVP 0\r\n';
    expect(readSdp(hold, ['pcmu'])).toMatchObject({ direction: 'sendonly' });
  });

  it('answers a hold by listening only, with the numbers of the offer', () => {
    const offer: RemoteAudio = {
      address: '10.0.0.2',
      port: 9,
      codec: 'pcma',
      payloadType: 100,
      eventPayloadType: 96,
      direction: 'sendonly',
    };
    const answer = answerSdp(local, offer);
    expect(answer).toContain('m=audio 4000 RTP/AVP 100 96\r\n');
    expect(answer).toContain('a=rtpmap:100 PCMA/8000\r\n');
    expect(answer).toContain('a=recvonly\r\n');
  });
});

describe('WAV', () => {
  it('reads what it writes', () => {
    const samples = Int16Array.of(1, -2, 32_767, -32_768);
    expect(readWav(writeWav(samples, 8000))).toEqual({ sampleRate: 8000, samples });
  });

  it('averages channels and skips other chunks', () => {
    const stereo = writeWav(Int16Array.of(100, 200, -100, -300), 16_000);
    stereo.writeUInt16LE(2, 22);
    const list = Buffer.from('LIST\u0003\u0000\u0000\u0000abc\u0000', 'latin1');
    const bytes = Buffer.concat([stereo.subarray(0, 36), list, stereo.subarray(36)]);
    expect(readWav(bytes)).toEqual({ sampleRate: 16_000, samples: Int16Array.of(150, -200) });
  });

  it('says why a file cannot be played', () => {
    expect(readWav(Buffer.from('root:x:0:0'))).toBe('not-wav');
    expect(readWav(writeWav(new Int16Array(0), 8000))).toBe('empty');
    const float = writeWav(Int16Array.of(1), 8000);
    float.writeUInt16LE(3, 20);
    expect(readWav(float)).toBe('not-pcm16');
    expect(readWav(writeWav(Int16Array.of(1), 8000).subarray(0, 30))).toBe('not-wav');
  });

  it.each([
    [16_000, 8000],
    [22_050, 8000],
    [8000, 16_000],
    [44_100, 8000],
  ])('keeps a tone of 1 kHz from %i to %i Hz', (from, to) => {
    const tone = Int16Array.from({ length: from }, (_, i) => 10_000 * Math.sin((2 * Math.PI * 1000 * i) / from));
    const out = resample(tone, from, to);
    expect(out).toHaveLength(to);
    let worst = 0;
    for (let i = 400; i < to - 400; i++)
      worst = Math.max(worst, Math.abs((out[i] ?? 0) - 10_000 * Math.sin((2 * Math.PI * 1000 * i) / to)));
    expect(worst).toBeLessThan(250);
  });

  it('removes what the lower rate cannot hold', () => {
    const high = Int16Array.from({ length: 16_000 }, (_, i) => 10_000 * Math.sin((2 * Math.PI * 6000 * i) / 16_000));
    const out = resample(high, 16_000, 8000).subarray(200, 7800);
    expect(Math.max(...out.map(Math.abs))).toBeLessThan(100);
  });
});
