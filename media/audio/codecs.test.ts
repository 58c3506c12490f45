import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDecoder, openEncoder } from './codecs.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { opusSilence, warmUpOpus } from './opus.ts';
import { payloadTicks, ticksPerMs, voiceRate, type VoiceCodec } from './voice.ts';

beforeAll(warmUpOpus);

const all: readonly VoiceCodec[] = ['PCMU', 'PCMA', 'G722', 'opus'];

/** 20 ms of a voice that rises, never the same twice. */
function voice(index: number, rate: number): Int16Array {
  return Int16Array.from({ length: rate / 50 }, (_, at) => {
    const time = index / 50 + at / rate;
    return (
      6000 * Math.sin(2 * Math.PI * (180 * time + 20 * Math.sin(3 * time))) + 2500 * Math.sin(2 * Math.PI * 720 * time)
    );
  });
}

/** How much louder a signal is than its difference from another, at the delay where they fit best; decibels. */
function likeness(sent: readonly number[], heard: readonly number[], longest: number): number {
  let best = -Infinity;
  for (let delay = 0; delay <= longest; delay++) {
    let [signal, noise] = [0, 1];
    for (let at = 4000; at + delay < heard.length && at < sent.length; at++) {
      signal += (sent[at] ?? 0) ** 2;
      noise += ((sent[at] ?? 0) - (heard[at + delay] ?? 0)) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / noise));
  }
  return best;
}

describe.each(all)('%s', (codec) => {
  const rate = voiceRate[codec];

  test('says again what it was told', () => {
    const encoder = openEncoder(codec);
    const decoder = openDecoder(codec);
    const sent: number[] = [];
    const heard: number[] = [];
    for (let index = 0; index < 60; index++) {
      const frame = voice(index, rate);
      sent.push(...frame);
      const payload = encoder?.encode(frame) ?? new Uint8Array();
      expect(payloadTicks(codec, payload)).toBe(20 * ticksPerMs[codec]);
      heard.push(...(decoder?.decode(payload) ?? []));
    }
    expect(likeness(sent, heard, rate / 50)).toBeGreaterThan(codec === 'opus' ? 4 : 25);
    encoder?.close();
    decoder?.close();
  });

  test('fills what was lost and fades away', () => {
    const encoder = openEncoder(codec);
    const decoder = openDecoder(codec);
    for (let index = 0; index < 30; index++) decoder?.decode(encoder?.encode(voice(index, rate)) ?? new Uint8Array());
    const filled = Array.from({ length: 15 }, () => decoder?.conceal(rate / 50) ?? new Int16Array());
    const loudness = filled.map((frame) => Math.max(...frame.map(Math.abs)));
    expect(loudness[0]).toBeGreaterThan(2000);
    expect(loudness.at(-1)).toBeLessThan(300);
    encoder?.close();
    decoder?.close();
  });

  test('does not choke on nonsense', () => {
    const decoder = openDecoder(codec);
    for (let length = 1; length < 200; length++) {
      const payload = Uint8Array.from({ length }, (_, at) => (at * 89 + length * 31) & 255);
      const sound = decoder?.decode(payload);
      expect((sound?.length ?? 0) <= rate / 8).toBe(true);
      if (sound !== undefined && codec !== 'opus') expect(sound).toHaveLength((length * rate) / 8000);
    }
    decoder?.close();
  });
});

describe('G.722', () => {
  // The same signal through ffmpeg's encoder and decoder gives these hashes: test/contract/codecs.test.ts.
  test('is, bit for bit, what ITU-T wrote', () => {
    const sound = Int16Array.from(
      { length: 32_000 },
      (_, at) => ([0, 800, 9000, 32_000][(at >> 12) & 3] ?? 0) * Math.sin(at * at * 2e-6),
    );
    const bytes = new G722Encoder().encode(sound);
    const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex').slice(0, 16);
    const decoded = new G722Decoder().decode(bytes);
    expect([hash(bytes), hash(new Uint8Array(decoded.buffer))]).toMatchInlineSnapshot(`
      [
        "ff8ad2c155c76de8",
        "2e7014e17d626f95",
      ]
    `);
  });
});

describe('Opus', () => {
  test('brings back a lost packet from the next one, if loss was expected', async () => {
    const rate = voiceRate.opus;
    const quality: number[] = [];
    for (const expected of [0, 20]) {
      await warmUpOpus();
      const [encoder, decoder, whole] = [openEncoder('opus'), openDecoder('opus'), openDecoder('opus')];
      encoder?.expectLoss(expected);
      const payloads = Array.from({ length: 60 }, (_, at) => encoder?.encode(voice(at, rate)) ?? new Uint8Array());
      const [sent, heard]: [number[], number[]] = [[], []];
      for (const [index, payload] of payloads.entries()) {
        sent.push(...(whole?.decode(payload) ?? []));
        const next = payloads[index + 1];
        if (index % 7 !== 3 || next === undefined) heard.push(...(decoder?.decode(payload) ?? []));
        else heard.push(...(decoder?.recover(next, rate / 50) ?? []));
      }
      for (const each of [encoder, decoder, whole]) each?.close();
      quality.push(likeness(sent, heard, 0));
    }
    // The whole is coded better when loss is expected, so that its copies have farther to go.
    expect(quality[1]).toBeGreaterThan((quality[0] ?? Infinity) + 1.2);
  });

  test('knows how long a packet is without decoding it', () => {
    expect(payloadTicks('opus', opusSilence)).toBe(960);
    expect(payloadTicks('opus', Uint8Array.of(0x78, 1))).toBe(960);
    expect(payloadTicks('opus', Uint8Array.of(0x1b, 3))).toBe(0);
    expect(payloadTicks('opus', Uint8Array.of(0x0b, 3))).toBe(3 * 20 * 48);
    expect(payloadTicks('opus', Uint8Array.of())).toBe(0);
  });
});
