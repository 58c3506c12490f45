/** A page whose camera flashes when its microphone beeps: once a second, by one and the same step of its own. */
import type { Page } from 'playwright-core';

/** To be called before the page is opened: every camera it opens is dark and flashes white, every microphone is silent and beeps. */
export async function flashAndBeep(page: Page, frequency: number): Promise<void> {
  await page.addInitScript((hertz) => {
    interface Stream {
      getTracks(): object[];
    }
    type Node = { connect(node: Node): Node; start(): void; stream: Stream; readonly frequency: { value: number } } & {
      readonly gain: { value: number; setValueAtTime(value: number, at: number): void };
    };
    interface Paper {
      width: number;
      height: number;
      getContext(kind: '2d'): { fillStyle: string; fillRect(...place: number[]): void };
      captureStream(rate: number): Stream;
    }
    const browser = globalThis as unknown as {
      navigator: { mediaDevices: { getUserMedia(wanted: { audio?: unknown; video?: unknown }): Promise<Stream> } };
      AudioContext: new (
        options: object,
      ) => { readonly currentTime: number } & Record<
        'createOscillator' | 'createGain' | 'createMediaStreamDestination',
        () => Node
      >;
      MediaStream: new (tracks: object[]) => Stream;
      document: { createElement(tag: 'canvas'): Paper };
      __flashes: number;
    };
    browser.__flashes = 0;
    const gains: ((value: number) => void)[] = [];
    const pens: ((colour: string) => void)[] = [];
    let colour = 'black';
    const microphone = (): Stream => {
      const context = new browser.AudioContext({ latencyHint: 'interactive' });
      const tone = context.createOscillator();
      const gain = context.createGain();
      const out = context.createMediaStreamDestination();
      tone.frequency.value = hertz;
      gain.gain.value = 0;
      tone.connect(gain).connect(out);
      tone.start();
      gains.push((value) => gain.gain.setValueAtTime(value, context.currentTime));
      return out.stream;
    };
    const camera = (): Stream => {
      const paper = browser.document.createElement('canvas');
      [paper.width, paper.height] = [320, 240];
      const pen = paper.getContext('2d');
      pens.push((with_) => {
        pen.fillStyle = with_;
        pen.fillRect(0, 0, 320, 240);
      });
      return paper.captureStream(30);
    };
    // A canvas gives a frame only when it is drawn on.
    setInterval(() => pens.forEach((draw) => draw(colour)), 33);
    const change = (to: string, loudness: number): void => {
      colour = to;
      for (const draw of pens) draw(to);
      for (const set of gains) set(loudness);
    };
    setInterval(() => {
      change('white', 0.5);
      browser.__flashes++;
      setTimeout(() => change('black', 0), 200);
    }, 1000);
    browser.navigator.mediaDevices.getUserMedia = (wanted) => {
      const has = (kind: unknown): boolean => kind !== undefined && kind !== false;
      const streams = [...(has(wanted.audio) ? [microphone()] : []), ...(has(wanted.video) ? [camera()] : [])];
      return Promise.resolve(new browser.MediaStream(streams.flatMap((stream) => stream.getTracks())));
    };
  }, frequency);
}

/** Resolves when the page has flashed so many more times; only the test's own limit ends the wait. */
export async function flashed(page: Page, more: number): Promise<void> {
  const count = (): Promise<number> =>
    page.evaluate(() => (globalThis as unknown as { readonly __flashes: number }).__flashes);
  const wanted = (await count()) + more;
  await page.waitForFunction(
    (least) => (globalThis as unknown as { readonly __flashes: number }).__flashes >= least,
    wanted,
    { polling: 100, timeout: 0 },
  );
}
