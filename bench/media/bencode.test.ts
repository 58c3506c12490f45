import { describe, expect, it } from 'vitest';
import { bdecode, bencode } from './bencode.ts';

describe('bencode', () => {
  it('writes and reads what rtpengine is told', () => {
    const said = { command: 'offer', flags: ['trust-address'], 'call-id': 'a', port: 22222 };
    expect(bencode(said)).toBe('d7:call-id1:a7:command5:offer5:flagsl13:trust-addresse4:porti22222ee');
    expect(bdecode(bencode(said))).toEqual(said);
  });

  it('reads lists and dictionaries inside each other', () => {
    expect(bdecode('d1:ald1:bi-3eel0:eee')).toEqual({ a: [{ b: -3 }, ['']] });
  });

  it.each(['', 'x', '5:abc', 'i12', 'd1:a'])('refuses %j', (text) => {
    expect(() => bdecode(text)).toThrow();
  });
});
