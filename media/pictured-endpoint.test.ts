import { afterEach, describe, expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { PictureOffer } from '../protocol/media.ts';
import { PicturedEndpoint } from './pictured-endpoint.ts';
import { PortPool } from './port-pool.ts';
import type { SipEndpoint } from './sip-endpoint.ts';

const text = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
const sound = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'],
  ...['m=audio 6000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000'],
];
const withPicture = text(
  ...sound,
  ...['m=video 6002 RTP/AVP 97', 'a=rtpmap:97 H264/90000', 'a=fmtp:97 packetization-mode=0'],
);

const open: PicturedEndpoint[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A leg whose sound agrees to everything. */
function leg(video: PictureOffer): PicturedEndpoint {
  const agrees = {
    describe: (remoteSdp?: string) =>
      Promise.resolve({
        ok: true,
        value: {
          localSdp: text(...sound, ...(remoteSdp?.includes('m=video') === true ? ['m=video 0 RTP/AVP 97'] : [])),
        },
      }),
    answer: () => Promise.resolve({ ok: true, value: {} }),
    close: () => undefined,
  } as unknown as SipEndpoint;
  const workers = {
    openPhone: () => Promise.resolve({ port: 9, lost: new Emitter() } as never),
    shut: () => undefined,
  };
  const first = 20_000 + 2 * Math.floor(Math.random() * 10_000);
  const setup = { endpointId: 'c1.c', callId: 'c1', preferred: undefined, video };
  const endpoint = new PicturedEndpoint(setup, agrees, {
    ...{ workers, ports: new PortPool({ first, last: first + 400 }), bind: '127.0.0.1', reservedPorts: 0 },
    ...{ clock: new SimulatedClock(1000), wanted: () => undefined, moved: () => undefined },
  });
  open.push(endpoint);
  return endpoint;
}

/** The line of the picture in what the leg describes, and its way of packets. */
async function described(endpoint: PicturedEndpoint, remoteSdp?: string): Promise<string | undefined> {
  const made = await endpoint.describe(remoteSdp);
  const sdp = made.ok ? made.value.localSdp : '';
  return /^m=video (?!0 )[^]*packetization-mode=([01])/m.exec(sdp)?.[1];
}

describe('our offer to a phone', () => {
  it('has no picture where the phone never had one: who knows none may refuse the call', async () => {
    expect(await described(leg({ codecs: ['H264'] }))).toBeUndefined();
  });

  it('has the picture that was agreed before its endpoint died, in the same packets', async () => {
    expect(await described(leg({ codecs: ['H264'], packetization: 0 }))).toBe('0');
  });

  it('keeps the line of a picture that is there', async () => {
    const phone = leg({ codecs: ['H264'] });
    expect(await described(phone, withPicture)).toBe('0');
    expect(await described(phone)).toBe('0');
    expect(phone.picture).toBeDefined();
  });
});
