import { draw, type DrawnRecording } from './drawing.ts';
import type { Lane } from './lanes.ts';
import { button, make } from './make.ts';
import { Sides } from './sides.ts';
import { gapName, type TextName } from './texts.ts';
import type { Wav } from './wav.ts';
import { clockText, orderOf, type PlayerOrder, speeds } from './waveform.ts';

type Say = Readonly<Record<TextName, string>>;

export interface Played extends DrawnRecording {
  /** The sound, everybody on a channel of their own, and what was read of it. */
  readonly bytes: ArrayBuffer;
  readonly wav: Wav;
  /** What the file is called for who wants it, without its ending. */
  readonly file: string;
}

/** Of two lanes. */
const remPerLane = 6.5;

/** Sound, everybody drawn, and what one can do with them. */
export class Player {
  readonly root: HTMLElement;
  readonly #audio = make('audio', { preload: 'auto', 'data-testid': 'sound' });
  readonly #canvas: HTMLCanvasElement;
  readonly #toggle = button('play', () => this.#do({ type: 'toggle' }));
  readonly #clock = make('output', { class: 'clock', 'data-testid': 'clock' });
  readonly #speed = make('select', { 'data-testid': 'speed' });
  readonly #sides: Sides;
  readonly #played: Played;
  readonly #say: Say;
  /** Where all channels are, once somebody has wanted them. */
  #all: string | undefined;

  constructor(played: Played, say: Say) {
    this.#played = played;
    this.#say = say;
    this.#sides = new Sides(this.#audio, played.bytes, played.wav);
    const { seconds } = played.waveform;
    const slider = { role: 'slider', tabindex: '0', 'aria-label': say.place, 'aria-valuemin': '0' };
    const most = String(Math.round(seconds));
    this.#canvas = make('canvas', { ...slider, 'aria-valuemax': most, 'data-testid': 'waveform' });
    this.#toggle.className = 'go';
    this.#canvas.style.height = `${String(remPerLane * played.lanes.length)}rem`;
    for (const each of speeds) this.#speed.append(new Option(`${String(each)}×`, String(each), each === 1, each === 1));
    this.root = make('section', {}, this.#audio, this.#canvas, ...this.#controls(), ...this.#gapList(), this.#keys());
    this.#listen();
    this.#draw();
  }

  /** Stops, when another takes its place. */
  close(): void {
    this.#audio.pause();
    this.#sides.close();
  }

  #controls(): HTMLElement[] {
    const { lanes } = this.#played;
    const say = this.#say;
    const move = (seconds: number) => () => this.#do({ type: 'move', seconds });
    const playing = make(
      'div',
      { class: 'controls' },
      this.#toggle,
      button('back', move(-10), say.back),
      button('forward', move(10), say.forward),
      this.#clock,
      make('label', { class: 'inline' }, say.speed, this.#speed),
    );
    const boxes = lanes.map((lane, channel) => this.#heardBox(lane, channel));
    return [playing, make('div', { class: 'controls' }, ...boxes, ...this.#downloads())];
  }

  #heardBox({ channel, name }: Lane, index: number): HTMLElement {
    const box = make('input', { type: 'checkbox', 'data-testid': `hear-${channel}` });
    box.checked = true;
    box.addEventListener('change', () => this.#sides.set(index, box.checked));
    return make('label', { class: `inline ${index === 0 ? 'caller' : 'agent'}` }, box, name);
  }

  /** What is played, on two channels; of a conference also everybody on their own. */
  #downloads(): HTMLElement[] {
    const { file, bytes, lanes } = this.#played;
    const link = (testId: string, name: string, text: string, url: () => string): HTMLElement => {
      const made = make('a', { href: '#', download: name, class: 'button', 'data-testid': testId }, text);
      made.addEventListener('click', () => (made.href = url()));
      return made;
    };
    const two = link('download', `${file}.wav`, this.#say.download, () => this.#sides.url);
    if (lanes.length === 2) return [two];
    const all = (): string => (this.#all ??= URL.createObjectURL(new Blob([bytes], { type: 'audio/wav' })));
    return [two, link('download-all', `${file}-channels.wav`, this.#say['download-all'], all)];
  }

  /** In words too, for who sees no picture; pressed, it plays from there. */
  #gapList(): HTMLElement[] {
    const { gaps } = this.#played;
    if (gaps.length === 0) return [];
    const items = gaps.map(({ fromMs, toMs, reason }) => {
      const times = `${clockText(fromMs / 1000)} – ${clockText(toMs / 1000)}`;
      const go = (): void => this.#go(fromMs / 1000);
      return make('li', {}, button('gap', go, `${times} ${this.#say[gapName(reason)]}`));
    });
    return [make('div', { class: 'gaps' }, make('h2', {}, this.#say.gaps), make('ul', {}, ...items))];
  }

  #keys(): HTMLElement {
    return make('p', { class: 'quiet' }, this.#say.keys);
  }

  #listen(): void {
    this.#speed.addEventListener('change', () => (this.#audio.playbackRate = Number(this.#speed.value)));
    const point = ({ clientX }: PointerEvent): void => {
      const { left, width } = this.#canvas.getBoundingClientRect();
      this.#go(((clientX - left) / width) * this.#played.waveform.seconds);
    };
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      point(event);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (this.#canvas.hasPointerCapture(event.pointerId)) point(event);
    });
    this.root.addEventListener('keydown', (event) => {
      // A list has all of these keys, and whatever is pressed has the space bar.
      const taken = event.target === this.#speed || (event.key === ' ' && event.target !== this.#canvas);
      const order = taken || event.ctrlKey || event.altKey || event.metaKey ? undefined : orderOf(event);
      if (order === undefined) return;
      event.preventDefault();
      this.#do(order);
    });
    for (const name of ['play', 'pause', 'seeking', 'seeked', 'timeupdate', 'ended', 'ratechange'])
      this.#audio.addEventListener(name, () => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  #go(seconds: number): void {
    this.#audio.currentTime = Math.max(0, Math.min(this.#played.waveform.seconds, seconds));
  }

  #do(order: PlayerOrder): void {
    const audio = this.#audio;
    if (order.type === 'toggle') {
      this.#sides.start();
      if (audio.paused) void audio.play();
      else audio.pause();
    }
    if (order.type === 'move') this.#go(audio.currentTime + order.seconds);
    if (order.type === 'go') this.#go(order.to === 'start' ? 0 : this.#played.waveform.seconds);
    if (order.type === 'speed') {
      const at = speeds.findIndex((each) => each === audio.playbackRate) + order.step;
      const speed = speeds[Math.max(0, Math.min(speeds.length - 1, at))] ?? 1;
      audio.playbackRate = speed;
      this.#speed.value = String(speed);
    }
  }

  #draw(): void {
    const { paused, currentTime } = this.#audio;
    const { waveform, gaps, lanes } = this.#played;
    this.#toggle.textContent = paused ? this.#say.play : this.#say.pause;
    const place = `${clockText(currentTime)} / ${clockText(waveform.seconds)}`;
    this.#clock.textContent = place;
    this.#canvas.setAttribute('aria-valuenow', String(Math.round(currentTime)));
    this.#canvas.setAttribute('aria-valuetext', place);
    draw(this.#canvas, { waveform, gaps, lanes, seconds: currentTime, say: this.#say });
  }
}
