import { assertNever } from '../../../base/assert-never.ts';

const onMs = 1000;
const cycleMs = 3000;

/** An audible ring made by WebAudio: two tones, one second on, two off. Silent until `start`, idempotent. */
export class RingTone {
  #audio: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Call from a click or key press: browsers let a page make sound only after one. */
  unlock(): void {
    this.#audio ??= new AudioContext();
    if (this.#audio.state !== 'running') this.#audio.resume().catch(() => undefined);
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.unlock();
    this.#burst();
    this.#timer = setInterval(() => this.#burst(), cycleMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.stop();
    const audio = this.#audio;
    this.#audio = undefined;
    audio?.close().catch(() => undefined);
  }

  #burst(): void {
    const audio = this.#audio;
    if (audio === undefined || !running(audio.state)) return;
    const start = audio.currentTime;
    const end = start + onMs / 1000;
    const volume = audio.createGain();
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.16, start + 0.03);
    volume.gain.setValueAtTime(0.16, end - 0.05);
    volume.gain.linearRampToValueAtTime(0, end);
    volume.connect(audio.destination);
    for (const frequency of [440, 480]) {
      const tone = audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(volume);
      tone.start(start);
      tone.stop(end);
    }
  }
}

/** A suspended context would pile up tones and play them all at once later. */
function running(state: AudioContextState): boolean {
  switch (state) {
    case 'running':
      return true;
    case 'suspended':
    case 'closed':
    case 'interrupted':
      return false;
    default:
      return assertNever(state);
  }
}
