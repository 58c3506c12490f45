/**
 * The child that hears with sherpa-onnx, whose library aborts its whole process at a broken model. Speaks the language of
 * `messages.ts` on stdin and stdout. Arguments: the folder with the npm package, the folder with the model.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findModel } from './model.ts';
import type { SherpaModel } from './model.ts';

/** The part of sherpa-onnx-node that is used; the package brings no types. */
interface Stream {
  acceptWaveform(wave: { readonly sampleRate: number; readonly samples: Float32Array }): void;
  inputFinished(): void;
}
interface OnlineRecognizer {
  createStream(): Stream;
  isReady(stream: Stream): boolean;
  decode(stream: Stream): void;
  getResult(stream: Stream): { readonly text: string };
}
interface Sherpa {
  readonly OnlineRecognizer: new (config: object) => OnlineRecognizer;
}

const sampleRate = 8000;
/** The encoder looks ahead: what was said last comes out when so much silence follows it. */
const tail = new Float32Array(sampleRate * 0.6);

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function modelConfig(model: SherpaModel): object {
  const common = { tokens: model.tokens, numThreads: 1, provider: 'cpu', debug: 0 };
  switch (model.kind) {
    case 'transducer':
      return { ...common, transducer: { encoder: model.encoder, decoder: model.decoder, joiner: model.joiner } };
    case 'paraformer':
      return { ...common, paraformer: { encoder: model.encoder, decoder: model.decoder } };
    case 'zipformer2-ctc':
      return { ...common, zipformer2Ctc: { model: model.model } };
  }
}

interface Open {
  readonly stream: Stream;
  readonly utterance: number;
  text: string;
}

/** Utterances of any number of taps, one stream each. */
class Listener {
  readonly #recogniser: OnlineRecognizer;
  readonly #open = new Map<number, Open>();

  constructor(recogniser: OnlineRecognizer) {
    this.#recogniser = recogniser;
  }

  take(kind: string, tap: number, payload: Buffer): void {
    if (kind === 'B')
      this.#open.set(tap, { stream: this.#recogniser.createStream(), utterance: payload.readUInt32LE(0), text: '' });
    else if (kind === 'X') this.#open.delete(tap);
    const open = this.#open.get(tap);
    if (open === undefined) return;
    if (kind === 'A') this.#hear(open, tap, payload);
    else if (kind === 'E') this.#finish(open, tap);
  }

  #hear(open: Open, tap: number, payload: Buffer): void {
    const samples = Float32Array.from({ length: payload.length / 2 }, (_, n) => payload.readInt16LE(n * 2) / 32768);
    open.stream.acceptWaveform({ sampleRate, samples });
    const text = this.#decode(open);
    if (text === open.text) return;
    open.text = text;
    say({ type: 'partial', tap, utterance: open.utterance, text });
  }

  #finish(open: Open, tap: number): void {
    open.stream.acceptWaveform({ sampleRate, samples: tail });
    open.stream.inputFinished();
    say({ type: 'final', tap, utterance: open.utterance, text: this.#decode(open) });
    this.#open.delete(tap);
  }

  #decode({ stream }: Open): string {
    while (this.#recogniser.isReady(stream)) this.#recogniser.decode(stream);
    return this.#recogniser.getResult(stream).text.trim();
  }
}

/** Cuts messages (header of 8 bytes, see `encode`) out of the stream. */
function readMessages(listener: Listener): void {
  let rest: Buffer = Buffer.alloc(0);
  process.stdin.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32LE(4);
      if (rest.length < end) return;
      listener.take(rest.toString('latin1', 0, 1), rest.readUInt16LE(2), rest.subarray(8, end));
      rest = rest.subarray(end);
    }
  });
  process.stdin.on('end', () => process.exit(0));
}

function main([packages = '', folder = '']: readonly string[]): void {
  const model = findModel(folder);
  if (!model.ok) return refuse(model.error);
  try {
    const sherpa = createRequire(join(packages, 'node_modules', 'index.js'))('sherpa-onnx-node') as Sherpa;
    const featConfig = { sampleRate: 16_000, featureDim: 80 };
    const listener = new Listener(new sherpa.OnlineRecognizer({ featConfig, modelConfig: modelConfig(model.value) }));
    readMessages(listener);
    say({ type: 'ready' });
  } catch (cause) {
    refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function refuse(reason: string): void {
  say({ type: 'failed', reason });
  process.exitCode = 1;
}

main(process.argv.slice(2));
