import { expect, test } from 'vitest';
import { hearsTones, readDescription, sipAnswer, sipOffer, underPolicy } from './index.ts';

const place = { origin: { sessionId: '77', version: 3, address: '198.51.100.9' }, port: 41_000 };
const phone = [
  ...['v=0', 'o=phone 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0 101'],
  ...['a=rtpmap:101 telephone-event/8000', ''],
].join('\r\n');

test.each([
  ['auto', true, undefined],
  ['rfc4733', true, false],
  ['tone', false, true],
  ['info', false, false],
] as const)('where digits travel by %s', (digits, events, tones) => {
  const read = readDescription(phone, 'rtp');
  if (!read.ok) throw new Error(read.error.message);
  const answer = sipAnswer(underPolicy(read.value, digits), { codec: 'PCMU', payloadType: 0 }, place);
  expect(answer).toContain(events ? 'm=audio 41000 RTP/AVP 0 101\r\n' : 'm=audio 41000 RTP/AVP 0\r\n');
  expect(answer.includes('telephone-event')).toBe(events);
  expect(hearsTones(digits)).toBe(tones);
});

test('an offer without events', () => {
  const lines = sipOffer(place, { preferred: 'opus', codecs: ['PCMU', 'opus'], events: false }).split('\r\n');
  expect(lines).toContain('m=audio 41000 RTP/AVP 111 0');
  expect(lines.join()).not.toContain('telephone-event');
});
