/**
 * Speech through a shard from codec to codec, beside ffmpeg's libopus (its own default effort), G.722 and G.711 run
 * directly on the same sound: what the way through us costs, as log-spectral distance.
 */
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDecoder, openEncoder } from '../../media/audio/codecs.ts';
import { warmUpOpus } from '../../media/audio/opus.ts';
import { Resampler } from '../../media/audio/resampler.ts';
import { ticksPerMs, voiceRate, type VoiceCodec } from '../../media/audio/voice.ts';
import { payloadTypes } from '../../media/sdp/index.ts';
import { ShardRig } from '../support/shard-rig.ts';
import { spectralDistance } from '../support/signal.ts';
import { synthesise } from '../support/speech.ts';

const text =
  'Good morning, you are through to the service desk. Please tell me your customer number, and how we can help you today.';
const codecs: readonly VoiceCodec[] = ['PCMU', 'PCMA', 'G722', 'opus'];
/** Decibels that the way through us may cost more. */
const allowed = 0.5;

let speech = new Int16Array();

beforeAll(async () => {
  const { samples, rate } = await synthesise(text, { voice: 'slt', language: 'en-US' });
  expect(rate).toBe(16_000);
  speech = Int16Array.from({ length: Math.ceil(samples.length / 320) * 320 }, (_, at) => samples[at] ?? 0);
});

function ffmpeg(from: readonly string[], to: readonly string[], input: Uint8Array): Buffer {
  const args = ['-v', 'error', ...from, '-i', 'pipe:0', ...to, 'pipe:1'];
  return execFileSync('ffmpeg', args, { input, timeout: 30_000, maxBuffer: 1 << 26 });
}

const format: Readonly<Record<VoiceCodec, readonly string[]>> = {
  PCMU: ['-ar', '8000', '-ac', '1', '-f', 'mulaw'],
  PCMA: ['-ar', '8000', '-ac', '1', '-f', 'alaw'],
  G722: ['-ar', '16000', '-ac', '1', '-c:a', 'g722', '-f', 'g722'],
  opus: [
    ...['-ar', '16000', '-ac', '1', '-c:a', 'libopus', '-b:a', '24k', '-application', 'voip'],
    ...['-frame_duration', '20', '-f', 'ogg'],
  ],
};
const reading: Readonly<Record<VoiceCodec, readonly string[]>> = {
  PCMU: ['-f', 'mulaw', '-ar', '8000', '-ac', '1'],
  PCMA: ['-f', 'alaw', '-ar', '8000', '-ac', '1'],
  G722: ['-f', 'g722'],
  opus: ['-f', 'ogg'],
};

const pcm = (rate: number): string[] => ['-f', 's16le', '-ar', String(rate), '-ac', '1'];
const samplesOf = (bytes: Buffer): Int16Array => new Int16Array(new Uint8Array(bytes).buffer);

/** Coded and decoded by ffmpeg, as 16 kHz. */
function direct(sound: Int16Array, codec: VoiceCodec): Int16Array {
  const coded = ffmpeg(pcm(16_000), format[codec], new Uint8Array(sound.buffer));
  return samplesOf(ffmpeg(reading[codec], pcm(16_000), coded));
}

/** The payloads of a phone that says the speech, and what is in them at 16 kHz, which is what anybody can hear of it. */
async function spoken(codec: VoiceCodec) {
  await warmUpOpus();
  const [encoder, decoder] = [openEncoder(codec), openDecoder(codec)];
  const rate = voiceRate[codec];
  const [down, up] = [new Resampler(16_000, rate), new Resampler(rate, 16_000)];
  const payloads: Uint8Array[] = [];
  const sound: number[] = [];
  for (let at = 0; at < speech.length; at += 320) {
    const frame = speech.subarray(at, at + 320);
    const payload = encoder?.encode(rate === 16_000 ? frame : down.frame(frame)) ?? new Uint8Array();
    payloads.push(payload);
    const heard = decoder?.decode(payload) ?? new Int16Array();
    sound.push(...(rate === 16_000 ? heard : up.frame(heard)));
  }
  encoder?.close();
  decoder?.close();
  return { payloads, sound: Int16Array.from(sound) };
}

/** What a phone of one codec hears of the other, at 16 kHz. */
async function through(payloads: readonly Uint8Array[], from: VoiceCodec, to: VoiceCodec): Promise<Int16Array> {
  await warmUpOpus();
  const rig = new ShardRig();
  await rig.open('a', { codec: from });
  const b = await rig.open('b', { codec: to });
  rig.apply({ edges: [{ from: 'a', to: 'b' }] });
  rig.tick(payloads.length + 5, (step) => {
    const payload = payloads[step];
    const timestamp = 5000 + step * 20 * ticksPerMs[from];
    if (payload !== undefined)
      rig.say('a', { payloadType: payloadTypes[from], timestamp, payload, sequence: 100 + step });
  });
  const decoder = openDecoder(to);
  const up = new Resampler(voiceRate[to], 16_000);
  const heard = b.sent
    .filter(({ payloadType }) => payloadType === payloadTypes[to])
    .flatMap(({ payload }) => {
      const sound = decoder?.decode(payload) ?? new Int16Array();
      return [...(voiceRate[to] === 16_000 ? sound : up.frame(sound))];
    });
  decoder?.close();
  rig.shard.take({ type: 'stop' });
  return Int16Array.from(heard);
}

describe.each(codecs)('from %s', (from) => {
  test.each(codecs)('to %s no worse than ffmpeg alone by half a decibel', async (to) => {
    const { payloads, sound } = await spoken(from);
    const wide = voiceRate[from] === 16_000 && voiceRate[to] === 16_000;
    const band = { rate: 16_000, from: 100, to: wide ? 7000 : 3400 };
    const alone = spectralDistance(direct(sound, to), sound, band);
    const ours = spectralDistance(await through(payloads, from, to), sound, band);
    const figures = `${ours.toFixed(2)} dB through us, ${alone.toFixed(2)} dB ffmpeg alone`;
    expect(ours, figures).toBeLessThan((from === to ? 0 : alone) + allowed);
  });
});
