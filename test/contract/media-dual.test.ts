/** A media node with an address of each family: who is on IPv6 and who is on IPv4 hear each other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../base/result.ts';
import { answerIn, checkOf } from '../../media/edge/stun.test-support.ts';
import type { MediaError } from '../../protocol/media.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

const [four, six] = ['127.0.0.1', '::1'];
let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode({ bind: four, advertise: four, also: { bind: six, advertise: six } });
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

async function open(
  callId: string,
  name: string,
  remoteSdp: string | undefined,
  policy: LegPolicy = {},
): Promise<string> {
  const asked = { endpointId: `${callId}.${name}`, callId, kind: 'sip', policy } as const;
  const described = remoteSdp === undefined ? asked : { ...asked, remoteSdp };
  return good(await under.client.call('open', described)).localSdp;
}

async function join(callId: string): Promise<void> {
  const edges = ['a', 'b'].map((from) => ({ from: `${callId}.${from}`, to: `${callId}.${from === 'a' ? 'b' : 'a'}` }));
  good(await under.client.call('apply', { callId, revision: 1, graph: { edges } }));
}

const said = (byte: number): Uint8Array => new Uint8Array(160).fill(byte);
const hears = (peer: RtpPeer, byte: number): boolean => peer.received.some(({ payload }) => payload.at(-1) === byte);

/** Both hear each other. */
async function talk(a: RtpPeer, b: RtpPeer): Promise<void> {
  a.packet({ payload: said(0x2a) });
  await b.until(() => hears(b, 0x2a));
  b.packet({ payload: said(0x33) });
  await a.until(() => hears(a, 0x33));
}

describe('a phone on IPv6 and one on IPv4', () => {
  it('are each answered in their own family, and hear each other', async () => {
    const [a, b] = await Promise.all([RtpPeer.open({ address: six }), RtpPeer.open({ address: four })]);
    const answer = await open('both', 'a', a.sdp('sendrecv', six));
    expect(answer).toMatch(/^c=IN IP6 ::1\r$/m);
    expect(answer).toMatch(/^o=jackfield \d+ \d+ IN IP4 127\.0\.0\.1\r$/m);
    a.aim(answer, six);
    const other = await open('both', 'b', b.sdp());
    expect(other).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
    b.aim(other);
    await join('both');
    await talk(a, b);
    const port = /^m=audio (\d+)/m.exec(answer)?.[1];
    const again = await open('both', 'a', a.sdp('sendonly', six));
    expect(again).toMatch(/^c=IN IP6 ::1\r$/m);
    expect(again).toContain(`m=audio ${port} `);
    for (const peer of [a, b]) peer.close();
  });

  it('are offered both, and the answer decides', async () => {
    const [a, b] = await Promise.all([RtpPeer.open({ address: six }), RtpPeer.open({ address: four })]);
    const offer = await open('offered', 'a', undefined, { ice: 'offered' });
    const port = /^m=audio (\d+)/m.exec(offer)?.[1] ?? '';
    expect(offer).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
    for (const line of [`altc:1 IP4 ${four} ${port}`, `altc:2 IP6 ${six} ${port}`])
      expect(offer).toContain(`a=${line}\r\n`);
    expect([...offer.matchAll(/^a=candidate:\d (\d) UDP \d+ (\S+) (\d+)/gm)].map((match) => match.slice(1))).toEqual([
      ['1', four, port],
      ['2', four, String(Number(port) + 1)],
      ['1', six, port],
      ['2', six, String(Number(port) + 1)],
    ]);
    a.aim(offer, six);
    good(await under.client.call('answer', { endpointId: 'offered.a', remoteSdp: a.sdp('sendrecv', six) }));
    b.aim(await open('offered', 'b', b.sdp()));
    await join('offered');
    await talk(a, b);
    for (const peer of [a, b]) peer.close();
  });

  it('SIP and c= may be of one family, the voice of the other: ICE finds it', async () => {
    const [a, b] = await Promise.all([RtpPeer.open({ address: six }), RtpPeer.open({ address: four })]);
    const lines = [
      ...['a=ice-ufrag:phone', 'a=ice-pwd:password/of/the/phone/00', 'a=rtcp-mux'],
      ...[`a=candidate:1 1 UDP 2130706431 10.77.66.55 ${a.port} typ host`],
      ...[`a=candidate:2 1 UDP 2130706175 2001:db8::55 ${a.port} typ host`, ''],
    ];
    const answer = await open('mixed', 'a', `${a.sdp('sendrecv', '10.77.66.55')}${lines.join('\r\n')}`);
    expect(answer).toMatch(/^a=candidate:\d 1 UDP \d+ ::1 /m);
    a.aim(answer, six);
    b.aim(await open('mixed', 'b', b.sdp()));
    await join('mixed');
    const found = (name: string): string => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(answer)?.[1] ?? '';
    const check = checkOf({ username: `${found('ice-ufrag')}:phone`, password: found('ice-pwd'), useCandidate: true });
    a.raw(check);
    await a.until(() => a.others.length > 0);
    expect(answerIn(a.others[0] ?? check)).toMatchObject({ type: 0x0101 });
    await talk(a, b);
    for (const peer of [a, b]) peer.close();
  });

  it('SRTP legs have both as well', async () => {
    const a = await RtpPeer.open({ address: six });
    const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}\r\n`;
    const answer = await open('sealed', 'a', `${a.sdp('sendrecv', six).replace('RTP/AVP', 'RTP/SAVP')}${key}`);
    expect(answer).toMatch(/^c=IN IP6 ::1\r$/m);
    expect(answer).toMatch(/^a=crypto:1 /m);
    a.close();
  });
});
