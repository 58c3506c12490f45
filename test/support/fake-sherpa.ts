/** Stands in for the npm package sherpa-onnx-node and a model of it: hears one character of a sentence in each half second. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const fakePackage = `
class Stream {
  constructor() { this.samples = 0; this.finished = false; }
  acceptWaveform({ sampleRate, samples }) {
    if (sampleRate !== 8000 || !(samples instanceof Float32Array)) throw new Error('bad wave');
    if (samples.some((sample) => Math.abs(sample) > 0.1)) this.samples += samples.length;
  }
  inputFinished() { this.finished = true; }
}
module.exports.OnlineRecognizer = class {
  constructor({ featConfig, modelConfig }) {
    if (featConfig.sampleRate !== 16000 || !modelConfig.tokens.endsWith('tokens.txt')) throw new Error('bad config');
    if (require('node:fs').readFileSync(modelConfig.transducer.encoder, 'utf8') === 'broken') process.abort();
  }
  createStream() { return new Stream(); }
  isReady() { return false; }
  decode() {}
  getResult(stream) { return { text: '我 要 退 款 谢 谢'.slice(0, Math.floor(stream.samples / 4000) * 2) }; }
};
`;

/** A new folder with the package in `node_modules`. */
export function fakeSherpaPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-sherpa-'));
  const home = join(folder, 'node_modules', 'sherpa-onnx-node');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'index.js'), fakePackage);
  writeFileSync(join(home, 'package.json'), '{"name":"sherpa-onnx-node","version":"0.0.0","main":"index.js"}');
  return folder;
}

/** A new folder with the files of a model; `encoder` is what stands in its encoder. */
export function fakeModel(encoder = 'whole'): string {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-model-'));
  writeFileSync(join(folder, 'tokens.txt'), '我 0\n');
  writeFileSync(join(folder, 'encoder-epoch-99.onnx'), 'slow');
  writeFileSync(join(folder, 'encoder-epoch-99.int8.onnx'), encoder);
  for (const part of ['decoder', 'joiner']) writeFileSync(join(folder, `${part}-epoch-99.onnx`), part);
  return folder;
}
