/** What is heard of a voice in Opus that loses one packet in twenty, each way: no gap. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { gapsIn } from '../../test/support/signal.ts';
import { openDecoder, openEncoder } from '../audio/codecs.ts';
import { warmUpOpus } from '../audio/opus.ts';
import { voiceRate, type VoiceCodec } from '../audio/voice.ts';
import { payloadTypes } from '../sdp/index.ts';

beforeAll(warmUpOpus);

const packets = 1000;
const lossPercent = 5;

/** A high voice that never pauses: four harmonics of 400 Hz, a little up and down. */
function voice(step: number, rate: number): Int16Array {
  return Int16Array.from({ length: rate / 50 }, (_, index) => {
    const time = step / 50 + index / rate;
    const phase = 2 * Math.PI * (400 * time + 4 * Math.sin(2 * Math.PI * 1.5 * time));
    const harmonics = [3500, 3000, 2500, 1200];
    const sum = harmonics.reduce((all, loud, at) => all + loud * Math.sin((at + 1) * phase + at), 0);
    return sum * Math.min(1, 10 * time);
  });
}

/** Which packets never come: the same of a thousand each time, sometimes two in a row. */
function losses(): ReadonlySet<number> {
  let state = 11;
  const roll = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return new Set(Array.from({ length: packets }, (_, at) => at).filter((at) => roll() < lossPercent / 100 && at > 20));
}

/** A receiver report (RFC 3550 section 6.4.2) that tells of the losses. */
function report(ssrc: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt8(0x81, 0);
  bytes.writeUInt8(201, 1);
  bytes.writeUInt16BE(7, 2);
  bytes.writeUInt32BE(5, 4);
  bytes.writeUInt32BE(ssrc, 8);
  bytes.writeUInt8(Math.round((lossPercent * 256) / 100), 12);
  return bytes;
}

function gaps(sound: Int16Array, rate: number) {
  return gapsIn(sound.subarray(rate / 2), rate);
}

/** How many of 20 gaps of 5 ms are found in the same sound: what heard nothing was not deaf. */
function foundInjected(sound: Int16Array, rate: number): number {
  const broken = sound.slice();
  for (let nth = 0; nth < 20; nth++) {
    const at = Math.round((1 + nth * 0.731) * rate);
    broken.fill(0, at, at + rate / 200);
  }
  return gaps(broken, rate).length;
}

describe('5 % of the packets lost', () => {
  test('of what a phone says in Opus: who hears it in G.711 hears no gap', async () => {
    const rig = new ShardRig();
    await rig.open('a', { codec: 'opus' });
    const b = await rig.open('b', { codec: 'PCMU' });
    rig.apply({ edges: [{ from: 'a', to: 'b' }] });
    const encoder = openEncoder('opus');
    encoder?.expectLoss(lossPercent);
    const lost = losses();
    expect(lost.size).toBeGreaterThan(35);
    rig.tick(packets, (step) => {
      const payload = encoder?.encode(voice(step, 16_000)) ?? Buffer.alloc(0);
      const packet = { payloadType: payloadTypes.opus, timestamp: 960 * step, payload, sequence: 100 + step };
      if (!lost.has(step)) rig.say('a', packet);
    });
    const { playout } = rig.counters('a');
    expect(playout.recovered).toBeGreaterThan(0.9 * lost.size);
    const heard = await soundOf(b.sent, 'PCMU');
    expect(gaps(heard, 8000), JSON.stringify(playout)).toEqual([]);
    expect(foundInjected(heard, 8000)).toBe(20);
    encoder?.close();
  });

  test('of what a phone hears in Opus, and tells by RTCP: it finds each lost packet again in the next', async () => {
    await warmUpOpus();
    const rig = new ShardRig();
    await rig.open('a', { codec: 'G722' });
    const b = await rig.open('b', { codec: 'opus' });
    rig.apply({ edges: [{ from: 'a', to: 'b' }] });
    const encoder = openEncoder('G722');
    rig.say('b', { payloadType: payloadTypes.opus, payload: Uint8Array.of(0xf8, 0xff, 0xfe) });
    rig.tick(packets, (step) => {
      if (step % 100 === 10) b.takeControl(report(77), { ...b.place, port: b.place.port + 1 });
      const payload = encoder?.encode(voice(step, 16_000)) ?? Buffer.alloc(0);
      rig.say('a', { payloadType: payloadTypes.G722, timestamp: 160 * step, payload, sequence: 100 + step });
    });
    const sent = b.sent.filter(({ payloadType }) => payloadType === payloadTypes.opus);
    const lost = losses();
    await warmUpOpus();
    const decoder = openDecoder('opus');
    const heard: number[] = [];
    for (const [at, { payload }] of sent.entries()) {
      const next = sent[at + 1];
      if (!lost.has(at)) heard.push(...(decoder?.decode(payload) ?? []));
      else if (next === undefined || lost.has(at + 1)) heard.push(...(decoder?.conceal(320) ?? []));
      else heard.push(...(decoder?.recover(next.payload, 320) ?? []));
    }
    decoder?.close();
    expect(gaps(Int16Array.from(heard), 16_000)).toEqual([]);
    expect(foundInjected(Int16Array.from(heard), 16_000)).toBe(20);
  });
});

async function soundOf(sent: readonly { readonly payload: Uint8Array }[], codec: VoiceCodec): Promise<Int16Array> {
  await warmUpOpus();
  const decoder = openDecoder(codec);
  const sound = sent.flatMap(({ payload }) => [...(decoder?.decode(payload) ?? new Int16Array(voiceRate[codec] / 50))]);
  decoder?.close();
  return Int16Array.from(sound);
}
