import { beforeAll, describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';
import { openDecoder, openEncoder } from '../audio/codecs.ts';
import { opusSilence, warmUpOpus } from '../audio/opus.ts';
import { ticksPerMs, voiceRate, type VoiceCodec } from '../audio/voice.ts';
import type { RtpPacket } from '../edge/rtp.ts';
import { payloadTypes } from '../sdp/index.ts';

beforeAll(warmUpOpus);

const all: readonly VoiceCodec[] = ['PCMU', 'PCMA', 'G722', 'opus'];
const bridge = {
  edges: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};

/** Somebody who says one tone in a codec, 20 ms a packet. */
function speaker(codec: VoiceCodec, hertz: number): (step: number) => Partial<RtpPacket> {
  const encoder = openEncoder(codec);
  const rate = voiceRate[codec];
  return (step) => {
    const at = (sample: number): number =>
      8000 * Math.sin((2 * Math.PI * hertz * (step * (rate / 50) + sample)) / rate);
    const payload =
      encoder?.encode(Int16Array.from({ length: rate / 50 }, (_, sample) => at(sample))) ?? Buffer.alloc(0);
    return {
      payloadType: payloadTypes[codec],
      timestamp: 5000 + step * 20 * ticksPerMs[codec],
      payload,
      sequence: 100 + step,
    };
  };
}

/** Decibels of a tone in what was sent, relative to all of it, and its loudness of full scale. */
async function toneIn(packets: readonly RtpPacket[], codec: VoiceCodec, hertz: number, skippedMs = 250) {
  await warmUpOpus();
  const decoder = openDecoder(codec);
  const rate = voiceRate[codec];
  const sound = packets
    .flatMap(({ payload }) => [...(decoder?.decode(payload) ?? [])])
    .slice((skippedMs * rate) / 1000);
  decoder?.close();
  let [re, im, power] = [0, 0, 1];
  for (const [at, value] of sound.entries()) {
    re += value * Math.cos((2 * Math.PI * hertz * at) / rate);
    im += value * Math.sin((2 * Math.PI * hertz * at) / rate);
    power += value * value;
  }
  const own = (2 * (re * re + im * im)) / sound.length;
  return { purity: own / power, level: Math.sqrt(own / sound.length) * Math.SQRT2 };
}

describe('a voice between two codecs', () => {
  for (const from of all)
    for (const to of all)
      test(`${from} to ${to}`, async () => {
        const rig = new ShardRig();
        await warmUpOpus();
        await rig.open('a', { codec: from });
        const b = await rig.open('b', { codec: to });
        rig.apply(bridge);
        const says = speaker(from, 440);
        const said: Partial<RtpPacket>[] = [];
        rig.tick(75, (step) => {
          said.push(says(step));
          rig.say('a', said[step]);
        });
        const sent = b.sent.filter(({ payloadType }) => payloadType === payloadTypes[to]);
        // Pass-through: the same bytes. G.711 to G.711: a table. All else is decoded and encoded.
        const how =
          from === to ? 'forwarded' : from.startsWith('PCM') && to.startsWith('PCM') ? 'translated' : 'transcoded';
        expect(rig.counters('b')).toMatchObject({ codec: to, sends: how });
        expect(rig.counters('a').decoded).toBe(how === 'transcoded');
        if (how === 'forwarded')
          expect(sent.map(({ payload }) => Buffer.from(payload))).toEqual(
            said.map(({ payload = '' }) => Buffer.from(payload)),
          );
        else expect(sent.length).toBeGreaterThan(70);
        const { purity, level } = await toneIn(sent.slice(8), to, 440);
        expect(purity).toBeGreaterThan(0.95);
        expect(level).toBeGreaterThan(6000);
        expect(level).toBeLessThan(10_000);
        for (const [index, packet] of sent.slice(1).entries()) {
          expect((packet.sequence - (sent[index]?.sequence ?? 0)) & 0xffff).toBe(1);
          expect((packet.timestamp - (sent[index]?.timestamp ?? 0)) >>> 0).toBe(20 * ticksPerMs[to]);
        }
      });
});

describe('a leg of Opus', () => {
  test('hears mixes, silence, prompts and tones in Opus', async () => {
    const rig = new ShardRig();
    const b = await rig.open('b', { codec: 'opus', events: false });
    await rig.open('a', { codec: 'PCMU' });
    await rig.open('x', { codec: 'G722' });
    rig.apply({
      edges: [
        { from: 'a', to: 'b' },
        { from: 'x', to: 'b' },
      ],
    });
    const [low, high] = [speaker('PCMU', 300), speaker('G722', 2000)];
    rig.tick(60, (step) => {
      rig.say('a', low(step));
      rig.say('x', high(step));
    });
    for (const hertz of [300, 2000]) expect((await toneIn(b.sent, 'opus', hertz)).level).toBeGreaterThan(4000);
    expect(rig.counters('b').sends).toBe('mixed');
    // A phone's decoder has heard what came before; one that begins here would miss what the tone is predicted from.
    const before = b.sent.length;
    rig.apply({ dtmf: [{ dtmfId: 'd', to: 'b', digits: '5' }] });
    rig.tick(25);
    expect(rig.happened('dtmf-sent')).toHaveLength(1);
    for (const hertz of [770, 1336])
      expect((await toneIn(b.sent.slice(0, before + 8), 'opus', hertz, before * 20 + 40)).level).toBeGreaterThan(2000);
    rig.prompts.set('/p.wav', Buffer.concat([Buffer.from([0, 3]), opusSilence, Buffer.from([0, 3]), opusSilence]));
    rig.apply({ plays: [{ playId: 'p', to: 'b', files: ['/p.wav'] }] });
    b.sent.length = 0;
    rig.tick(3);
    expect(rig.happened('play-ended')).toEqual([{ type: 'play-ended', callId: 'c', playId: 'p', cause: 'finished' }]);
    expect(b.sent.slice(0, 2).map(({ payload }) => [...payload])).toEqual([[...opusSilence], [...opusSilence]]);
  });

  test('sends and gets events on its own clock (RFC 4733 section 2.1)', async () => {
    const rig = new ShardRig();
    const b = await rig.open('b', { codec: 'opus' });
    rig.apply({ dtmf: [{ dtmfId: 'd', to: 'b', digits: '7' }] });
    rig.tick(20);
    const events = b.sent.filter(({ payloadType }) => payloadType === 102);
    expect(events.length).toBe(11);
    expect(events.map(({ payload }) => Buffer.from(payload).readUInt16BE(2)).at(-1)).toBe(160 * 48);
    rig.say('b', {
      payloadType: 102,
      timestamp: 1,
      payload: Uint8Array.of(3, 0x8a, (100 * 48) >> 8, (100 * 48) & 255),
    });
    expect(rig.happened('digit')).toMatchObject([{ digit: '3', durationMs: 100 }]);
  });
});

test('a prompt goes on from its place when the codec changes in the middle', async () => {
  const rig = new ShardRig();
  const b = await rig.open('b', { codec: 'PCMU' });
  // Frame n of the sound is full of n, whatever the codec.
  const numbered = (from: number): Buffer =>
    Buffer.concat(Array.from({ length: 50 }, (_, at) => Buffer.alloc(160, at + from)));
  rig.prompts.set('/p.wav', numbered(0));
  rig.apply({ plays: [{ playId: 'p', to: 'b', files: ['/p.wav'] }] });
  rig.tick(10);
  rig.prompts.set('/p.wav', numbered(100));
  rig.configure('b', { codec: 'G722' });
  rig.tick(10);
  expect(b.sent.map(({ payload }) => payload[0])).toEqual([
    ...Array.from({ length: 10 }, (_, at) => at),
    ...Array.from({ length: 10 }, (_, at) => at + 110),
  ]);
});
