/** Which sides of a recording are heard: each has a gain of its own, behind the player's sound. */
export type Side = 'caller' | 'agent';

export class Sides {
  readonly #audio: HTMLAudioElement;
  readonly #heard: Record<Side, boolean> = { caller: true, agent: true };
  #gains: Record<Side, GainNode> | undefined;

  constructor(audio: HTMLAudioElement) {
    this.#audio = audio;
  }

  /** Browsers let a page make sound only once somebody has done something on it: call it when playing begins. */
  start(): void {
    if (this.#gains !== undefined) return;
    const context = new AudioContext();
    const [splitter, merger] = [context.createChannelSplitter(2), context.createChannelMerger(2)];
    this.#gains = { caller: context.createGain(), agent: context.createGain() };
    context.createMediaElementSource(this.#audio).connect(splitter);
    splitter.connect(this.#gains.caller, 0).connect(merger, 0, 0);
    splitter.connect(this.#gains.agent, 1).connect(merger, 0, 1);
    merger.connect(context.destination);
    this.#apply();
    void context.resume();
  }

  /** Lets a side be heard or not. */
  set(side: Side, heard: boolean): void {
    this.#heard[side] = heard;
    this.#apply();
  }

  #apply(): void {
    for (const side of ['caller', 'agent'] as const)
      if (this.#gains !== undefined) this.#gains[side].gain.value = this.#heard[side] ? 1 : 0;
  }
}
