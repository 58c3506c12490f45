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
    '',
    'v=0',
    'o=- 123456789 1 IN IP4 127.0.0.1',
    '',
  ]);
});

it('takes what is no message as it is', () => {
  expect(masked('')).toBe('');
  expect(masked('SIP/2.0 200 OK')).toBe('SIP/2.0 200 OK');
});
