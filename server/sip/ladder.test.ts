import { expect, it } from 'vitest';
import { masked } from './ladder.ts';

const message = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`;

it('masks numbers and proofs of passwords and nothing else, length kept', () => {
  const text = message(
    [
      'INVITE sip:+8653100000@127.0.0.1:5060 SIP/2.0',
      'Via: SIP/2.0/UDP 127.0.0.1:50601;branch=z9hG4bK123456789',
      'f: "13800000000" <sip:+8613800000000@trunk.example>;tag=123456789',
      'To: <sip:1001@127.0.0.1>',
      'Call-ID: 1234567890@host',
      'Authorization: Digest username="alice-desk", nonce="abcd", response="0123456789abcdef"',
      'Identity: eyJhbGciOi.J9.x;info=<https://cert.example/x>',
      'Contact:',
      ' <sip:654321@10.0.0.1:5062>',
      'User-Agent: phone 1234567',
      'Content-Type: application/sdp',
    ],
    'v=0\r\no=- 123456789 1 IN IP4 127.0.0.1\r\n',
  );
  const shown = masked(text);
  expect(shown).toHaveLength(text.length);
  expect(shown.split('\r\n')).toEqual([
    'INVITE sip:+865*****00@127.0.0.1:5060 SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1:50601;branch=z9hG4bK123456789',
    'f: "138******00" <sip:+861********00@trunk.example>;tag=123****89',
    'To: <sip:1001@127.0.0.1>',
    'Call-ID: 1234567890@host',
    'Authorization: Digest username="alice-desk", nonce="****", response="****************"',
    `Identity: ${'*'.repeat(45)}`,
    'Contact:',
    ' <sip:******@10.0.0.1:5062>',
    'User-Agent: phone 1234567',
    'Content-Type: application/sdp',
    '',
    'v=0',
    'o=- 123456789 1 IN IP4 127.0.0.1',
    '',
  ]);
});

it.each([
  ['with visual separators', 'To: <tel:+86-138-0013-8000>', 'To: <tel:+86-1**-****-**00>'],
  ['of six digits', 'To: <sip:65-43-21@10.0.0.1>', 'To: <sip:**-**-**@10.0.0.1>'],
  ['in a header of a carrier', 'P-Charge-Info: <sip:+12125550123@x>', 'P-Charge-Info: <sip:+121******23@x>'],
  ['but no address', 'Contact: <sip:a@192.168.100.200:5060>', 'Contact: <sip:a@192.168.100.200:5060>'],
  [
    'of a proof without quotes',
    'Authorization: Digest response=ab,nc=00000001',
    'Authorization: Digest response=**,nc=000***01',
  ],
])('masks a number %s', (_what, line, shown) => {
  expect(masked(`INFO sip:x SIP/2.0\r\n${line}\r\n\r\n`).split('\r\n')[1]).toBe(shown);
});

it.each([
  [
    'keys the caller pressed',
    'Content-Type: application/dtmf-relay',
    'Signal=7\r\nDuration=160',
    '********\r\n************',
  ],
  ['what somebody wrote', 'c: text/plain', 'card 4111', '*********'],
  ['a body of no kind', 'Subject: x', '7', '*'],
  [
    'keys of the media',
    'c: application/sdp; charset=utf-8',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19\r\na=ice-pwd:asd88f\r\na=ptime:20',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*******\r\na=ice-pwd:******\r\na=ptime:20',
  ],
])('masks %s', (_what, header, body, shown) => {
  expect(masked(`INFO sip:x SIP/2.0\r\n${header}\r\n\r\n${body}`)).toBe(
    `INFO sip:x SIP/2.0\r\n${header}\r\n\r\n${shown}`,
  );
});

it('takes what is no message as it is', () => {
  expect(masked('')).toBe('');
  expect(masked('SIP/2.0 200 OK')).toBe('SIP/2.0 200 OK');
});
