import { describe, expect, it } from 'vitest';
import { answerStun, isStun } from './stun.ts';

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const transaction = 'b7e7a701bc34d686fa87dfae';
/** RFC 5769 section 2.2 and 2.3 give these two addresses for this transaction. */
const plain = bytes(`0001 0000 2112a442 ${transaction}`);

describe('answerStun', () => {
  it('tells the source address as RFC 5769 section 2.2 writes it, with a fingerprint', () => {
    const answer = answerStun(plain, { host: '192.0.2.1', port: 32_853 });
    expect(answer?.toString('hex')).toContain(
      `01010014${'2112a442'}${transaction}${'00200008 0001a147 e112a643'.replaceAll(' ', '')}`,
    );
    expect(answer?.subarray(32, 36).toString('hex')).toBe('80280004');
  });

  it('tells an IPv6 address as RFC 5769 section 2.3 writes it', () => {
    const answer = answerStun(plain, { host: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 });
    expect(answer?.subarray(20, 44).toString('hex')).toBe(
      '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9'.slice(0, 48),
    );
    expect(answerStun(plain, { host: '::1', port: 1 })?.length).toBe(20 + 24 + 8);
  });

  it('takes a request with a right fingerprint and drops one with a wrong one', () => {
    const answer = answerStun(plain, { host: '192.0.2.1', port: 1 });
    if (answer === undefined) throw new Error('no answer');
    // Its own answer, turned into a request, bears a fingerprint of another type field.
    const wrong = Buffer.from(answer);
    wrong.writeUInt16BE(0x0001, 0);
    expect(answerStun(wrong, { host: '192.0.2.1', port: 1 })).toBeUndefined();
    // RFC 5769 section 2.1's request ends with its fingerprint; USERNAME and MESSAGE-INTEGRITY are not for us: 420.
    const sample = bytes(`0001 0058 2112a442 ${transaction} 8022 0010 5354554e207465737420636c69656e74
      0024 0004 6e0001ff 8029 0008 932ff9b151263b36 0006 0009 6576746a3a68367659202020
      0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 8028 0004 e57a3bcf`);
    const refused = answerStun(sample, { host: '192.0.2.1', port: 1 });
    expect(refused?.subarray(0, 2).toString('hex')).toBe('0111');
    expect(refused?.toString('hex')).toContain('00090004000004140'.slice(0, 16));
    sample[sample.length - 1] = 0;
    expect(answerStun(sample, { host: '192.0.2.1', port: 1 })).toBeUndefined();
  });

  it.each([
    ['a response', `0101 0000 2112a442 ${transaction}`],
    ['another cookie', `0001 0000 2112a443 ${transaction}`],
    ['a length beyond the end', `0001 0004 2112a442 ${transaction}`],
    ['an attribute beyond the end', `0001 0004 2112a442 ${transaction} 00240004`],
    ['too few bytes', '0001 0000 2112a442'],
  ])('leaves %s alone', (_name, text) => {
    expect(answerStun(bytes(text), { host: '192.0.2.1', port: 1 })).toBeUndefined();
  });

  it('does not take SIP for STUN', () => {
    expect(isStun(Buffer.from('OPTIONS sip:bob@example.com SIP/2.0\r\n'))).toBe(false);
    expect(isStun(Buffer.from('\r\n\r\n'))).toBe(false);
  });
});
