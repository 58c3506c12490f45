import fvad, { type FvadModule } from '@echogarden/fvad-wasm';
import { frameSamples } from './ports.ts';

/** Tells voice from silence, frame by frame, for one speaker. */
export interface VoiceDetector {
  voiced(frame: Int16Array): boolean;
  close(): void;
}

/** Makes detectors. One WebAssembly module serves all taps. */
export interface VoiceDetectors {
  open(): VoiceDetector;
}

/** Frames quieter than this (root mean square of PCM16) are silence whatever the detector thinks: -62 dBov. */
const floorRms = 25;

function loud(frame: Int16Array): boolean {
  let sum = 0;
  for (const sample of frame) sum += sample * sample;
  return sum >= floorRms * floorRms * frame.length;
}

/** libfvad's aggressiveness, 0-3: how surely a frame must be voice. */
const mode = 2;

class FvadDetector implements VoiceDetector {
  readonly #module: FvadModule;
  readonly #detector: number;
  readonly #samples: number;
  #closed = false;

  constructor(module: FvadModule) {
    this.#module = module;
    this.#detector = module._fvad_new();
    this.#samples = module._malloc(frameSamples * 2);
    module._fvad_set_sample_rate(this.#detector, 8000);
    module._fvad_set_mode(this.#detector, mode);
  }

  voiced(frame: Int16Array): boolean {
    if (this.#closed || frame.length !== frameSamples) return false;
    this.#module.HEAP16.set(frame, this.#samples >> 1);
    return this.#module._fvad_process(this.#detector, this.#samples, frameSamples) === 1 && loud(frame);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#module._fvad_free(this.#detector);
    this.#module._free(this.#samples);
  }
}

/** Loads libfvad (WebRTC's voice detector as WebAssembly). */
export async function loadVoiceDetectors(): Promise<VoiceDetectors> {
  const module = await fvad();
  return { open: () => new FvadDetector(module) };
}
