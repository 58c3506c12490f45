import { describe, expect, it } from 'vitest';
import { derived, isGenuine, sealRtp } from './srtp.ts';

describe('the SRTP of the bench', () => {
  it('derives keys as in RFC 3711 appendix B.3', () => {
    const key = Buffer.from('E1F97A0D3E018BE0D64FA32C06DE4139', 'hex');
    const salt = Buffer.from('0EC675AD498AFEEBB6960B3AABE6', 'hex');
    expect(derived(key, salt, 0, 16).toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(derived(key, salt, 2, 14).toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
  });

  // RFC 7714 section 16.2.1.
  const keys = {
    cipher: Buffer.from(Array.from({ length: 32 }, (_, at) => at)),
    salt: Buffer.from('517569642070726f2071756f', 'hex'),
  };
  const plain = Buffer.concat([
    Buffer.from('8040f17b8041f8d35501a0b2', 'hex'),
    Buffer.from('Gallia est omnis divisa in partes tres'),
  ]);

  it('seals the packet of RFC 7714 section 16.2.1', () => {
    expect(sealRtp(plain, keys).toString('hex')).toBe(
      '8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3' +
        'b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13',
    );
  });

  it('knows its own packets, and no others', () => {
    const sealed = sealRtp(plain, keys);
    expect(isGenuine(sealed, keys)).toBe(true);
    sealed[20] = (sealed[20] ?? 0) ^ 1;
    expect(isGenuine(sealed, keys)).toBe(false);
  });
});
