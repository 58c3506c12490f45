import { describe, expect, it } from 'vitest';
import { shaped } from './offer-shape.ts';

describe('an offer that names an address of each family (RFC 6947)', () => {
  const offer = [
    ...['v=0', 'c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0'],
    ...['a=altc:1 IP4 192.0.2.1 4000', 'a=altc:2 IP6 2001:db8::1 4000', ''],
  ].join('\r\n');

  it.each([
    ['192.0.2.7', 'c=IN IP4 192.0.2.1'],
    ['2001:db8::7', 'c=IN IP6 2001:db8::1'],
    [undefined, 'c=IN IP4 192.0.2.1'],
  ])('names the one that %s can reach', (peer, wanted) => {
    expect(shaped(offer, {}, peer)).toBe(['v=0', wanted, 'm=audio 4000 RTP/AVP 0', ''].join('\r\n'));
  });

  it('stays where it names one only', () => {
    const one = 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n';
    expect(shaped(one, {}, '2001:db8::7')).toBe(one);
  });
});
