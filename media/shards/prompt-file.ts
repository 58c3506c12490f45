import { readFileSync, statSync } from 'node:fs';
import { fail, ok, type Result } from '../../base/result.ts';
import { speechOfUri } from '../../base/speech-uri.ts';
import { openEncoder } from '../audio/codecs.ts';
import { fitFrames } from '../audio/fit.ts';
import { normalise, targetLoudness } from '../audio/normalise.ts';
import { toneOfUri } from '../audio/progress-tones.ts';
import { halve } from '../audio/resample.ts';
import { Resampler } from '../audio/resampler.ts';
import { voiceRate, type VoiceEncoder } from '../audio/voice.ts';
import { warmUpOpus } from '../audio/opus.ts';
import { readWav, type Sound, writeWav } from '../audio/wav.ts';
import type { Codec } from '../sdp/index.ts';
import type { SpeechProvider } from '../speech/index.ts';
import { contentHash, type PromptStore } from './prompt-store.ts';

/** Half an hour at 16 kHz; a longer file is surely not a prompt. */
const mostBytes = 64 * 1024 * 1024;

/** What prompts are made with. Without a store they are made anew by every media node. */
export interface PromptMaking {
  readonly speech: SpeechProvider;
  readonly store?: PromptStore | undefined;
}

/** A prompt ready to be sent, and whether it was made just now. */
export interface EncodedPrompt {
  readonly bytes: Uint8Array;
  readonly from: 'made' | 'store';
}

/**
 * What a name stands for (a WAV file, a tone, a text), as loud as all others, encoded into memory that threads can share.
 * Blocks while it encodes: for the prompt thread only.
 */
export async function encodePrompt(
  path: string,
  codec: Codec,
  making: PromptMaking,
): Promise<Result<EncodedPrompt, string>> {
  try {
    const tone = toneOfUri(path);
    if (tone !== undefined)
      return ok({ bytes: share(await encoded({ sampleRate: 8000, samples: tone }, codec)), from: 'made' });
    const text = speechOfUri(path);
    return await (text === undefined ? fileIn(path, codec, making) : textIn(text, codec, making));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return fail(code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`);
  }
}

async function fileIn(path: string, codec: Codec, { store }: PromptMaking): Promise<Result<EncodedPrompt, string>> {
  if (statSync(path).size > mostBytes) return fail('the file is too large');
  const content = readFileSync(path);
  return kept(contentHash(content), codec, store, () => readWav(content));
}

async function textIn(
  { text, language }: { readonly text: string; readonly language: string },
  codec: Codec,
  { speech, store }: PromptMaking,
): Promise<Result<EncodedPrompt, string>> {
  const key = contentHash(`${speech.id}\0${language}\0${text}`);
  const before = await kept(key, codec, store, () => fail('not spoken yet'));
  if (before.ok) return before;
  // The sound is kept as well: it is spoken once, whatever codecs it is wanted in.
  const wav = store?.get(`speech ${key}`);
  const known = wav === undefined ? undefined : readWav(wav);
  const spoken = known?.ok === true ? known : await speech.speak(text, language);
  if (!spoken.ok) return fail(typeof spoken.error === 'string' ? spoken.error : spoken.error.message);
  if (known === undefined) store?.put(`speech ${key}`, writeWav(spoken.value));
  return kept(key, codec, store, () => spoken);
}

/** What the store has of some content in a codec, else what is made of its sound. */
async function kept(
  hash: string,
  codec: Codec,
  store: PromptStore | undefined,
  sound: () => Result<Sound, string>,
): Promise<Result<EncodedPrompt, string>> {
  const key = `${codec} ${String(targetLoudness)} ${hash}`;
  const before = store?.get(key);
  if (before !== undefined) return ok({ bytes: share(before), from: 'store' });
  const read = sound();
  if (!read.ok) return read;
  const rate = voiceRate[codec];
  const { sampleRate, samples } = read.value;
  const even = normalise({ sampleRate: rate, samples: atRate(samples, sampleRate, rate) });
  const bytes = await encoded({ sampleRate: rate, samples: fitFrames(even.samples, rate) }, codec);
  store?.put(key, bytes);
  return ok({ bytes: share(bytes), from: 'made' });
}

function atRate(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples;
  if (from === 2 * to) return halve(samples);
  const [frame, out] = [from / 50, to / 50];
  const resampler = new Resampler(from, to);
  const made = new Int16Array(Math.ceil(samples.length / frame) * out);
  for (let at = 0; at * frame < samples.length; at++) {
    const piece = new Int16Array(frame);
    piece.set(samples.subarray(at * frame, (at + 1) * frame));
    made.set(resampler.frame(piece), at * out);
  }
  return made.subarray(0, Math.round((samples.length * to) / from));
}

/** Several prompts may be asked for at once, and Opus has few encoders ready: whoever finds none waits for the next. */
async function openedEncoder(codec: Codec): Promise<VoiceEncoder> {
  let encoder = openEncoder(codec);
  while (encoder === undefined) {
    await warmUpOpus();
    encoder = openEncoder(codec);
  }
  return encoder;
}

/** The whole sound in a codec. Packets of Opus have their length before them, 16 bits. */
async function encoded({ sampleRate, samples }: Sound, codec: Codec): Promise<Uint8Array> {
  const rate = voiceRate[codec];
  const sound = atRate(samples, sampleRate, rate);
  const encoder = await openedEncoder(codec);
  if (codec !== 'opus') return encoder.encode(sound);
  const frame = rate / 50;
  const packets = Array.from({ length: Math.ceil(sound.length / frame) }, (_, at) => {
    const piece = new Int16Array(frame);
    piece.set(sound.subarray(at * frame, (at + 1) * frame));
    const packet = encoder.encode(piece);
    return Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]);
  });
  encoder.close();
  return Buffer.concat(packets);
}

function share(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}
