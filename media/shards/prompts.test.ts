import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { speechUri } from '../../base/speech-uri.ts';
import { expandInto } from '../audio/g711.ts';
import { loudness } from '../audio/loudness.ts';
import { targetLoudness } from '../audio/normalise.ts';
import { writeWav } from '../audio/wav.ts';
import { systemVoices } from '../speech/index.ts';
import { encodePrompt } from './prompt-file.ts';
import { PromptStore } from './prompt-store.ts';
import { Prompts } from './prompts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-prompts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const making = { speech: systemVoices };

function tone(length: number, sampleRate = 8000, amplitude = 1000): Int16Array {
  return Int16Array.from({ length }, (_, at) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * 440 * at) / sampleRate)),
  );
}

function wav(name: string, samples: number, sampleRate = 8000, amplitude = 1000): string {
  const path = join(folder, name);
  writeFileSync(path, writeWav({ sampleRate, samples: tone(samples, sampleRate, amplitude) }));
  return path;
}

function heard(bytes: Uint8Array | undefined): Int16Array {
  const samples = new Int16Array(bytes?.length ?? 0);
  if (bytes !== undefined) expandInto('PCMA', bytes, samples);
  return samples;
}

describe('encodePrompt', () => {
  test('is one byte a sample at 8 kHz, whatever the file has, in shared memory', async () => {
    for (const rate of [8000, 16_000, 48_000]) {
      const made = await encodePrompt(wav('p.wav', rate / 10, rate), 'PCMA', making);
      expect(made.ok && made.value.bytes.length).toBe(800);
      expect(made.ok && made.value.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  test('waits for an encoder of Opus where many are wanted at once', async () => {
    const files = Array.from({ length: 8 }, (_, at) => wav(`many-${at}.wav`, 1600 + at * 160));
    const made = await Promise.all(files.map((file) => encodePrompt(file, 'opus', making)));
    expect(made.map(({ ok }) => ok)).toEqual(files.map(() => true));
  });

  test('is as loud as every other, and whole frames long', async () => {
    for (const amplitude of [300, 3000, 30_000]) {
      const made = await encodePrompt(wav('l.wav', 24_010, 8000, amplitude), 'PCMA', making);
      const samples = heard(made.ok ? made.value.bytes : undefined);
      expect(samples.length).toBe(24_160);
      expect(Math.abs((loudness(samples, 8000) ?? 0) - targetLoudness)).toBeLessThan(0.5);
    }
  });

  test('says why not', async () => {
    const none = await encodePrompt(join(folder, 'none.wav'), 'PCMU', making);
    expect(none).toEqual({ ok: false, error: 'there is no such file' });
    const directory = await encodePrompt(folder, 'PCMU', making);
    expect(directory).toEqual({ ok: false, error: 'the file cannot be read (EISDIR)' });
    const text = join(folder, 'text.wav');
    writeFileSync(text, 'hello, this is no audio at all');
    expect(await encodePrompt(text, 'PCMU', making)).toEqual({ ok: false, error: 'not a WAV file' });
  });
});

/** A voice that is a small program: it says how long the text is, in tones, and writes down that it was asked. */
function fakeVoice(name: string): { readonly program: string; readonly asked: () => number } {
  const program = join(folder, name);
  const log = `${program}.log`;
  const script = `#!${process.execPath}
const { readFileSync, appendFileSync } = require('node:fs');
const { language, text } = JSON.parse(readFileSync(0, 'utf8'));
appendFileSync(${JSON.stringify(log)}, language + '\\n');
if (text === 'fail') { console.error('no such voice'); process.exit(3); }
const samples = Int16Array.from({ length: text.length * 1600 }, (_, at) => 5000 * Math.sin(at / 5));
const head = Buffer.alloc(44);
head.write('RIFF'); head.write('WAVEfmt ', 8); head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22);
head.writeUInt32LE(16000, 24); head.writeUInt32LE(32000, 28); head.writeUInt16LE(2, 32); head.writeUInt16LE(16, 34); head.write('data', 36);
head.writeUInt32LE(0xffffffff, 40);
process.stdout.write(Buffer.concat([head, Buffer.from(samples.buffer)]));
`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const asked = (): number => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0);
  return { program, asked };
}

describe('texts', () => {
  test('are spoken by the site’s program, once for all codecs and all starts', async () => {
    const { program, asked } = fakeVoice('voice.cjs');
    const directory = join(folder, 'spoken');
    const uri = speechUri('en-GB', 'hello');
    const first = new Prompts({ directory, speechProgram: program });
    expect((await first.load(uri, 'PCMU')).bytes).toHaveLength(4000);
    expect((await first.load(uri, 'G722')).bytes).toHaveLength(4000);
    expect(await first.load(speechUri('en-GB', 'fail'), 'PCMU')).toMatchObject({
      bytes: undefined,
      reason: expect.stringContaining('ended with 3: no such voice') as string,
    });
    await first.close();
    const second = new Prompts({ directory, speechProgram: program });
    expect((await second.load(uri, 'PCMU')).bytes).toHaveLength(4000);
    expect(second.counts).toMatchObject({ encoded: 0, restored: 1 });
    await second.close();
    expect(asked()).toBe(2);
  });

  test('are spoken by the system’s voices, in English, Chinese and both', async () => {
    for (const [language, text] of [
      ['en-US', 'Welcome to Jackfield.'],
      ['zh-CN', '您好，请按 1 转 Jackfield 客服。'],
      ['de', 'Guten Tag.'],
    ] as const) {
      const made = await encodePrompt(speechUri(language, text), 'PCMA', making);
      const samples = heard(made.ok ? made.value.bytes : undefined);
      expect.soft({ language, made: made.ok ? 'sound' : made.error }).toEqual({ language, made: 'sound' });
      expect(samples.length).toBeGreaterThan(4000);
      expect(Math.abs((loudness(samples, 8000) ?? 0) - targetLoudness)).toBeLessThan(1);
    }
  });
});

describe('Prompts', () => {
  test('encodes once per codec, again when the file changed, and ends with a reason', async () => {
    const prompts = new Prompts();
    const path = wav('q.wav', 160);
    const [one, two] = await Promise.all([prompts.load(path, 'PCMU'), prompts.load(path, 'PCMU')]);
    expect(one.bytes).toBe(two.bytes);
    expect((await prompts.load(path, 'PCMA')).bytes).not.toBe(one.bytes);
    wav('q.wav', 320);
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    expect((await prompts.load(path, 'PCMU')).bytes).toHaveLength(320);
    expect(await prompts.load(join(folder, 'none.wav'), 'PCMU')).toMatchObject({
      bytes: undefined,
      reason: 'there is no such file',
    });
    await prompts.close();
    expect((await prompts.load(wav('r.wav', 1), 'PCMU')).reason).toBe('the media node is stopping');
  });

  test('has one copy for 1000 plays at once', async () => {
    const prompts = new Prompts();
    const path = wav('many.wav', 80_000);
    const all = await Promise.all(Array.from({ length: 1000 }, () => prompts.load(path, 'PCMU')));
    expect(new Set(all.map(({ bytes }) => bytes?.buffer)).size).toBe(1);
    expect(prompts.counts).toEqual({ encoded: 1, restored: 0, bytes: 80_000 });
    await prompts.close();
  });

  test('takes from the disk what was made before, by content, and makes anew what is damaged there', async () => {
    const directory = join(folder, 'kept');
    const path = wav('s.wav', 8000);
    const first = new Prompts({ directory });
    const made = await first.load(path, 'opus');
    await first.close();
    const again = new Prompts({ directory });
    // The same content under another name is the same prompt.
    const other = join(folder, 'other.wav');
    writeFileSync(other, readFileSync(path));
    expect((await again.load(other, 'opus')).bytes).toEqual(made.bytes);
    expect(again.counts).toMatchObject({ encoded: 0, restored: 1 });
    await again.close();
    const [entry = ''] = readdirSync(directory);
    const file = join(directory, entry);
    for (const damage of ['flipped', 'cut', 'empty'] as const) {
      const bytes = readFileSync(file);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(file, damage === 'empty' ? '' : damage === 'cut' ? bytes.subarray(0, 60) : bytes);
      const third = new Prompts({ directory });
      expect((await third.load(path, 'opus')).bytes).toEqual(made.bytes);
      expect({ damage, ...third.counts }).toMatchObject({ damage, encoded: 1, restored: 0 });
      await third.close();
    }
  });
});

describe('PromptStore', () => {
  test('is bounded: what was not used for longest goes', () => {
    const directory = join(folder, 'bounded');
    const store = new PromptStore(directory, 1000);
    const put = (key: string): void => store.put(key, new Uint8Array(200).fill(1));
    for (const key of ['a', 'b', 'c']) put(key);
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), 1000, 1000);
    expect(store.get('a')).toBeDefined();
    put('d');
    put('e');
    expect(store.get('a')).toBeDefined();
    expect(['b', 'c'].filter((key) => store.get(key) !== undefined).length).toBeLessThan(2);
    const bytes = readdirSync(directory).reduce((sum, name) => sum + readFileSync(join(directory, name)).length, 0);
    expect(bytes).toBeLessThanOrEqual(1000);
  });

  test('is of no use, and no harm, where the disk refuses', () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const store = new PromptStore(join(file, 'below'));
    store.put('a', new Uint8Array(8));
    expect(store.get('a')).toBeUndefined();
  });
});
