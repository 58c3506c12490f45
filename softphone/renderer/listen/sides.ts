/**
 * Who of a recording is heard: the caller on the left and everybody else on the right, each side with a gain of its own behind the
 * player's sound. Where several share the right, what is played is made anew without whoever is left out.
 */
import { folded, type Wav } from './wav.ts';

type Side = 'left' | 'right';

export class Sides {
  readonly #audio: HTMLAudioElement;
  readonly #bytes: ArrayBuffer;
  readonly #wav: Wav;
  readonly #heard: boolean[];
  #gains: Record<Side, GainNode> | undefined;
  #url: string;

  /** `wav` is what was read of `bytes`. */
  constructor(audio: HTMLAudioElement, bytes: ArrayBuffer, wav: Wav) {
    this.#audio = audio;
    this.#bytes = bytes;
    this.#wav = wav;
    this.#heard = Array.from({ length: wav.channels }, () => true);
    this.#url = this.#made();
    audio.src = this.#url;
  }

  /** Browsers let a page make sound only once somebody has done something on it: call it when playing begins. */
  start(): void {
    if (this.#gains !== undefined) return;
    const context = new AudioContext();
    const [splitter, merger] = [context.createChannelSplitter(2), context.createChannelMerger(2)];
    this.#gains = { left: context.createGain(), right: context.createGain() };
    context.createMediaElementSource(this.#audio).connect(splitter);
    splitter.connect(this.#gains.left, 0).connect(merger, 0, 0);
    splitter.connect(this.#gains.right, 1).connect(merger, 0, 1);
    merger.connect(context.destination);
    this.#apply();
    void context.resume();
  }

  /** Lets somebody be heard or not, by their channel. */
  set(channel: number, heard: boolean): void {
    this.#heard[channel] = heard;
    // With nobody left on the right its gain is enough.
    if (channel > 0 && this.#wav.channels > 2 && this.#others.some((each) => each)) this.#remake();
    this.#apply();
  }

  /** Where what is played is: a file of two channels, with those of the right who are heard now. */
  get url(): string {
    return this.#url;
  }

  /** Lets go of the sound. */
  close(): void {
    this.#audio.removeAttribute('src');
    URL.revokeObjectURL(this.#url);
  }

  get #others(): boolean[] {
    return this.#heard.slice(1);
  }

  #made(): string {
    const sound = this.#wav.channels === 2 ? this.#bytes : folded(this.#wav, this.#heard);
    return URL.createObjectURL(new Blob([sound], { type: 'audio/wav' }));
  }

  /** The same place of another sound, at the same speed. */
  #remake(): void {
    const audio = this.#audio;
    const { currentTime, playbackRate, paused } = audio;
    URL.revokeObjectURL(this.#url);
    this.#url = this.#made();
    audio.src = this.#url;
    audio.currentTime = currentTime;
    audio.playbackRate = playbackRate;
    if (!paused) void audio.play();
  }

  #apply(): void {
    if (this.#gains === undefined) return;
    this.#gains.left.gain.value = this.#heard[0] === true ? 1 : 0;
    this.#gains.right.gain.value = this.#others.some((each) => each) ? 1 : 0;
  }
}
