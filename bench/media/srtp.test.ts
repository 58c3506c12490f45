import { describe, expect, it } from 'vitest';
import { writeRtp } from '../../media/edge/rtp.ts';
import { isGenuine, sealRtp, srtpKeys } from './srtp.ts';

describe('the SRTP of the bench', () => {
  // RFC 3711 appendix B.3.
  const keys = srtpKeys(
    Buffer.from('E1F97A0D3E018BE0D64FA32C06DE4139', 'hex'),
    Buffer.from('0EC675AD498AFEEBB6960B3AABE6', 'hex'),
  );

  it('derives the keys of RFC 3711 appendix B.3', () => {
    expect(keys.cipher.toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(keys.salt.toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(keys.authentication.toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  it('knows its own packets, and no others', () => {
    const payload = new Uint8Array(160).fill(0x55);
    const sealed = sealRtp(
      writeRtp({ payloadType: 0, marker: false, sequence: 7, timestamp: 1, ssrc: 5, payload }),
      keys,
    );
    expect(sealed.length).toBe(12 + 160 + 10);
    expect(isGenuine(sealed, keys)).toBe(true);
    sealed[20] = (sealed[20] ?? 0) ^ 1;
    expect(isGenuine(sealed, keys)).toBe(false);
  });
});
