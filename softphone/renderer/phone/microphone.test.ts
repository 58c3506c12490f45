import { describe, expect, it } from 'vitest';
import { openMicrophone } from './microphone.ts';
import type { AudioSource } from './microphone.ts';

const stream = {} as MediaStream;
const source = (getUserMedia: () => Promise<MediaStream>): AudioSource => ({
  secure: true,
  origin: 'http://desk.example',
  devices: { getUserMedia },
});
const failing = (name: string): AudioSource => source(() => Promise.reject(new DOMException('no', name)));

describe('opening the microphone', () => {
  it('hands over the stream', async () => {
    expect(await openMicrophone(source(() => Promise.resolve(stream)))).toEqual({ ok: true, value: stream });
  });

  it.each([
    ['a refusal', failing('NotAllowedError'), 'microphone-refused'],
    ['a policy', failing('SecurityError'), 'microphone-refused'],
    ['no device', failing('NotFoundError'), 'microphone-missing'],
    ['a device in use', failing('NotReadableError'), 'microphone-busy'],
    ['a page on http', { ...failing('x'), secure: false }, 'page-not-secure'],
    ['a browser without devices', { ...failing('x'), devices: undefined }, 'page-not-secure'],
  ])('explains %s', async (_name, from, code) => {
    expect(await openMicrophone(from)).toMatchObject({ ok: false, error: { code } });
  });
});
