import { describe, expect, test } from 'vitest';
import {
  chooseCodec,
  readDescription,
  rtcpPlaceOf,
  sipAnswer,
  sipOffer,
  type Codec,
  type NumberedCodec,
  type CodecChoice,
} from './index.ts';

const origin = { sessionId: '77', version: 3, address: '198.51.100.9' };
function chosen(...asked: Parameters<typeof chooseCodec>): NumberedCodec {
  const found = chooseCodec(...asked);
  if (found === undefined) throw new Error('no codec in common');
  return found;
}

const place = { origin, port: 41_000 };

/** An offer from its m-lines and what follows them. */
function offer(...lines: readonly string[]): string {
  return ['v=0', 'o=phone 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');
}

function answered(text: string, preferred?: Codec): readonly string[] {
  const read = readDescription(text, 'rtp');
  if (!read.ok) throw new Error(read.error.message);
  return sipAnswer(read.value, chosen(read.value.audio, preferred), place).trimEnd().split('\r\n');
}

const events = ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'];

describe('the answer to a SIP offer', () => {
  test('is one codec, the peer’s own event number, 20 ms', () => {
    expect(answered(offer('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:0 PCMU/8000', ...events))).toEqual([
      'v=0',
      'o=jackfield 77 3 IN IP4 198.51.100.9',
      's=-',
      'c=IN IP4 198.51.100.9',
      't=0 0',
      'm=audio 41000 RTP/AVP 0 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
    ]);
  });

  test.each<[string, readonly string[], Codec | undefined, string]>([
    ['the peer’s first choice', ['m=audio 4000 RTP/AVP 8 0'], undefined, 'm=audio 41000 RTP/AVP 8'],
    ['what the call speaks, if the peer can', ['m=audio 4000 RTP/AVP 8 0'], 'PCMU', 'm=audio 41000 RTP/AVP 0'],
    ['not what the peer cannot', ['m=audio 4000 RTP/AVP 8'], 'PCMU', 'm=audio 41000 RTP/AVP 8'],
    ['static numbers without rtpmap', ['m=audio 4000 RTP/AVP 18 0'], undefined, 'm=audio 41000 RTP/AVP 0'],
    ['names in any case', ['m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 pcma/8000'], undefined, 'm=audio 41000 RTP/AVP 8'],
    [
      'a dynamic number for PCMU',
      ['m=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMU/8000/1'],
      undefined,
      'm=audio 41000 RTP/AVP 96',
    ],
    [
      'other event numbers',
      ['m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/8000'],
      undefined,
      'm=audio 41000 RTP/AVP 0 96',
    ],
    [
      '8 kHz events among others',
      ['m=audio 4000 RTP/AVP 0 110 126', 'a=rtpmap:110 telephone-event/48000', 'a=rtpmap:126 telephone-event/8000'],
      undefined,
      'm=audio 41000 RTP/AVP 0 126',
    ],
    ['no events where none are offered', ['m=audio 4000 RTP/AVP 0'], undefined, 'm=audio 41000 RTP/AVP 0'],
    [
      'a static number that was given to another codec',
      ['m=audio 4000 RTP/AVP 0 8', 'a=rtpmap:0 L16/8000'],
      undefined,
      'm=audio 41000 RTP/AVP 8',
    ],
    [
      'a wideband PCMU is not ours',
      ['m=audio 4000 RTP/AVP 97 8', 'a=rtpmap:97 PCMU/16000'],
      undefined,
      'm=audio 41000 RTP/AVP 8',
    ],
    ['the feedback profile', ['m=audio 4000 RTP/AVPF 0'], undefined, 'm=audio 41000 RTP/AVPF 0'],
    ['a count of ports', ['m=audio 4000/2 RTP/AVP 0'], undefined, 'm=audio 41000 RTP/AVP 0'],
  ])('takes %s', (_, lines, preferred, line) => {
    expect(answered(offer(...lines), preferred)).toContain(line);
  });

  test.each([
    ['a=sendrecv', 'a=sendrecv'],
    ['a=sendonly', 'a=recvonly'],
    ['a=recvonly', 'a=sendonly'],
    ['a=inactive', 'a=inactive'],
  ])('%s is answered %s', (theirs, ours) => {
    expect(answered(offer('m=audio 4000 RTP/AVP 0', theirs))).toContain(ours);
    expect(answered(offer(theirs, 'm=audio 4000 RTP/AVP 0'))).toContain(ours);
  });

  test.each([
    [[], 'sendonly', 'a=recvonly'],
    [['a=sendrecv'], 'sendonly', 'a=recvonly'],
    [['a=inactive'], 'inactive', 'a=inactive'],
    [['a=recvonly'], 'inactive', 'a=inactive'],
  ] as const)('an address of zeros with %s is hold (RFC 3264 8.4)', (lines, direction, line) => {
    const text = offer('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', ...lines);
    expect(answered(text)).toContain(line);
    const read = readDescription(text, 'rtp');
    expect(read).toMatchObject({ ok: true, value: { audio: { direction, address: undefined } } });
  });

  test('refuses every other m-line in its place', () => {
    const lines = answered(
      offer(
        'm=video 5000 RTP/AVP 96',
        'a=rtpmap:96 H264/90000',
        'm=audio 4000 RTP/AVP 0',
        'm=audio 4002 RTP/AVP 8',
        'm=image 6000 udptl t38',
        'm=application 9 UDP/BFCP *',
      ),
    ).filter((line) => line.startsWith('m='));
    expect(lines).toEqual([
      'm=video 0 RTP/AVP 96',
      'm=audio 41000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 8',
      'm=image 0 udptl t38',
      'm=application 0 UDP/BFCP *',
    ]);
  });

  test('takes the audio it can where the first is secure or has nothing in common', () => {
    const lines = answered(offer('m=audio 4000 RTP/SAVP 0', 'm=audio 4002 RTP/AVP 18', 'm=audio 4004 RTP/AVP 0'));
    expect(lines.filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 0 RTP/SAVP 0',
      'm=audio 0 RTP/AVP 18',
      'm=audio 41000 RTP/AVP 0',
    ]);
  });
});

describe('what cannot be used', () => {
  test.each([
    ['', 'v=0'],
    ['hello', 'v=0'],
    ['{"type":"offer"}', 'v=0'],
    [offer(), 'no m=audio'],
    [offer('m=video 4000 RTP/AVP 96'), 'no m=audio'],
    [offer('m=audio 0 RTP/AVP 0'), 'no m=audio'],
    [offer('m=audio x RTP/AVP 0'), 'no m=audio'],
    [offer('m=audio 65536 RTP/AVP 0'), 'no m=audio'],
    [offer('m=audio 4000 RTP/SAVP 0'), 'no m=audio'],
    [offer('m=audio 4000 RTP/AVP 3 18'), 'no codec'],
    [offer('m=audio 4000 RTP/AVP'), 'no codec'],
    [offer('m=audio 4000 RTP/AVP 101', ...events), 'no codec'],
    [offer('m=audio 4000 RTP/AVP 300 -1 zero'), 'no codec'],
  ])('%j is refused', (text, reason) => {
    const read = readDescription(text, 'rtp');
    expect(read).toMatchObject({ ok: false, error: { code: 'unsupported-sdp', retryable: false } });
    if (!read.ok) expect(read.error.message).toContain(reason);
  });
});

describe('addresses', () => {
  test.each([
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 203.0.113.5'], '203.0.113.5', 4001],
    [['m=audio 4000 RTP/AVP 0', 'a=rtcp:4777'], '192.0.2.1', 4777],
    [['m=audio 4000 RTP/AVP 0', 'a=rtcp:4777 IN IP4 192.0.2.9'], '192.0.2.1', 4777, '192.0.2.9'],
    [['m=audio 4000 RTP/AVP 0', 'a=rtcp:4777', 'a=rtcp-mux'], '192.0.2.1', 4000],
    [['m=audio 4000 RTP/AVP 0', 'a=rtcp:70000'], '192.0.2.1', 4001],
    [['m=audio 65535 RTP/AVP 0'], '192.0.2.1', undefined],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::7'], '2001:db8::7', 4001],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example.com'], undefined, 4001],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 999.1.1.1'], undefined, 4001],
  ] as const)('%j', (lines, address, rtcpPort, rtcpAddress: string | undefined = address) => {
    const read = readDescription(offer(...lines), 'rtp');
    if (!read.ok) throw new Error(read.error.message);
    expect(read.value.audio.address).toBe(address);
    const control = rtcpPort === undefined || address === undefined ? undefined : rtcpPort;
    expect(rtcpPlaceOf(read.value.audio)).toEqual(
      control === undefined ? undefined : { address: rtcpAddress, port: control },
    );
  });
});

test('the answer shares a port with RTCP if the peer asked for that', () => {
  expect(answered(offer('m=audio 4000 RTP/AVP 0', 'a=rtcp-mux'))).toContain('a=rtcp-mux');
  expect(answered(offer('m=audio 4000 RTP/AVP 0'))).not.toContain('a=rtcp-mux');
});

test('our offer has both codecs, the preferred one first', () => {
  const lines = sipOffer(place, { preferred: 'PCMA' }).split('\r\n');
  expect(lines).toContain('m=audio 41000 RTP/AVP 8 0 101');
  expect(lines).toContain('a=rtpmap:8 PCMA/8000');
  expect(lines).toContain('a=rtpmap:101 telephone-event/8000');
  expect(lines).toContain('a=sendrecv');
  expect(readDescription(sipOffer(place), 'rtp')).toMatchObject({
    ok: true,
    value: { audio: { port: 41_000, address: '198.51.100.9', telephoneEvent: 101, direction: 'sendrecv' } },
  });
});

describe('wide-band codecs', () => {
  const wide = offer(
    'm=audio 4000 RTP/AVP 96 9 0 97 98',
    'a=rtpmap:96 opus/48000/2',
    'a=rtpmap:97 telephone-event/48000',
    'a=rtpmap:98 telephone-event/8000',
  );
  const chosenBy = (...policy: readonly CodecChoice[]): NumberedCodec | undefined => {
    const read = readDescription(wide, 'rtp');
    if (!read.ok) throw new Error(read.error.message);
    return chooseCodec(read.value.audio, undefined, policy);
  };

  test('are chosen as the policy says', () => {
    expect(chosenBy('G711', 'opus')).toEqual({ codec: 'PCMU', payloadType: 0 });
    expect(chosenBy('opus', 'G711')).toEqual({ codec: 'opus', payloadType: 96 });
    expect(chosenBy('PCMA', 'G722')).toEqual({ codec: 'G722', payloadType: 9 });
    expect(chosenBy('PCMA')).toBeUndefined();
  });

  test('the codec of the call comes first, unless it is not allowed', () => {
    const read = readDescription(wide, 'rtp');
    if (!read.ok) throw new Error(read.error.message);
    expect(chooseCodec(read.value.audio, 'opus', ['G711', 'opus'])?.codec).toBe('opus');
    expect(chooseCodec(read.value.audio, 'opus', ['G711'])?.codec).toBe('PCMU');
    expect(chooseCodec(read.value.audio, 'PCMA', ['G722', 'G711'])?.codec).toBe('G722');
  });

  test('are answered with the events of their clock (RFC 4733 section 2.1)', () => {
    const opus = answered(wide, 'opus');
    expect(opus).toContain('m=audio 41000 RTP/AVP 96 97');
    expect(opus).toContain('a=rtpmap:96 opus/48000/2');
    expect(opus).toContain('a=fmtp:96 minptime=10;useinbandfec=1');
    expect(opus).toContain('a=rtpmap:97 telephone-event/48000');
    const g722 = answered(wide, 'G722');
    expect(g722).toContain('m=audio 41000 RTP/AVP 9 98');
    expect(g722).toContain('a=rtpmap:9 G722/8000');
  });

  test('are offered in the order of the policy, with both kinds of events', () => {
    const lines = sipOffer(place, { preferred: 'G722', codecs: ['opus', 'G722', 'PCMU'] }).split('\r\n');
    expect(lines).toContain('m=audio 41000 RTP/AVP 9 111 0 101 102');
    expect(lines).toContain('a=rtpmap:102 telephone-event/48000');
  });

  test('a dynamic number means nothing without its rtpmap', () => {
    expect(readDescription(offer('m=audio 4000 RTP/AVP 111'), 'rtp').ok).toBe(false);
  });
});
