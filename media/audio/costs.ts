import { openDecoder, openEncoder } from './codecs.ts';
import { warmUpOpus } from './opus.ts';
import { voiceRate, type VoiceCodec } from './voice.ts';

/** CPU time of 20 ms in one codec, in microseconds. */
export interface CodecCost {
  readonly decodeUs: number;
  readonly encodeUs: number;
}
/** A codec whose library cannot be loaded is not there. */
export type CodecCosts = Readonly<Partial<Record<VoiceCodec, CodecCost>>>;

const codecs: readonly VoiceCodec[] = ['PCMU', 'PCMA', 'G722', 'opus'];
const frames = 25;
const batches = 6;

/** A voice as far as an encoder is concerned: a pitch with overtones that come and go, and noise. */
function sound(samples: number, rate: number): Int16Array {
  let noise = 1;
  return Int16Array.from({ length: samples }, (_, at) => {
    const seconds = at / rate;
    noise = (noise * 48_271) % 2_147_483_647;
    const voice = [1, 2, 3, 5, 8].reduce((sum, n) => sum + Math.sin(2 * Math.PI * 140 * n * seconds) / n, 0);
    return 3000 * voice * Math.sin(2 * Math.PI * 3 * seconds) ** 2 + (noise / 2_147_483_647 - 0.5) * 600;
  });
}

/** The least of some batches: others use the machine too, and code gets faster when it is run. */
function leastUs(work: () => void): number {
  let least = Infinity;
  for (let batch = 0; batch < batches; batch++) {
    const began = performance.now();
    work();
    least = Math.min(least, ((performance.now() - began) * 1000) / frames);
  }
  return Number(least.toFixed(1));
}

function costOf(codec: VoiceCodec): CodecCost | undefined {
  const [encoder, decoder] = [openEncoder(codec), openDecoder(codec)];
  if (encoder === undefined || decoder === undefined) return undefined;
  const rate = voiceRate[codec];
  const all = sound((frames * rate) / 50, rate);
  const parts = Array.from({ length: frames }, (_, at) => all.subarray((at * rate) / 50, ((at + 1) * rate) / 50));
  let payloads: Uint8Array[] = [];
  const encodeUs = leastUs(() => {
    payloads = parts.map((part) => encoder.encode(part).slice());
  });
  const decodeUs = leastUs(() => payloads.forEach((payload) => decoder.decode(payload)));
  encoder.close();
  decoder.close();
  return { decodeUs, encodeUs };
}

/**
 * Measures what each codec costs on this machine: 30 ms of CPU in all, a codec at a time so that others get their turn. Never
 * rejects.
 */
export async function measureCosts(): Promise<CodecCosts> {
  await warmUpOpus().catch(() => undefined);
  const costs: Partial<Record<VoiceCodec, CodecCost>> = {};
  for (const codec of codecs) {
    await new Promise((resolve) => setImmediate(resolve));
    const cost = costOf(codec);
    if (cost !== undefined) costs[codec] = cost;
  }
  return costs;
}

/** What a leg does with samples. */
export interface LegWork {
  readonly codec?: VoiceCodec | undefined;
  readonly sends?: string | undefined;
  readonly decoded?: boolean | undefined;
}

/** CPU for each packet of a leg, both ways: decoding what it says and encoding what it is sent, where that is done; undefined where unknown. */
export function costOfLeg({ codec, sends, decoded }: LegWork, costs: CodecCosts): number | undefined {
  const isEncoded = sends === 'transcoded' || sends === 'mixed';
  if (!isEncoded && decoded !== true) return 0;
  const cost = codec === undefined ? undefined : costs[codec];
  return cost && Number(((decoded === true ? cost.decodeUs : 0) + (isEncoded ? cost.encodeUs : 0)).toFixed(1));
}

/** What legs cost on this machine. Measured once, when the first leg has to be decoded or encoded; unknown until then. */
export class Costs {
  #costs: CodecCosts = {};
  #measured = false;

  /** CPU for each packet of a leg, in microseconds. */
  of(leg: LegWork): number | undefined {
    const cost = costOfLeg(leg, this.#costs);
    if (cost === undefined && !this.#measured) {
      this.#measured = true;
      void measureCosts().then((costs) => {
        this.#costs = costs;
      });
    }
    return cost;
  }
}
