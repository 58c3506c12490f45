/** A page that speaks a tone instead of its microphone, so that two pages of one browser can be told apart. */
import type { Page } from 'playwright-core';
import { strength } from '../audio-measure.ts';
import { hearFor, heardBy } from './chromium.ts';

/** To be called before the page is opened: every microphone it opens says this tone. The camera is left as it is. */
export async function speakTone(page: Page, frequency: number): Promise<void> {
  await page.addInitScript((hertz) => {
    interface Track {
      readonly kind: string;
    }
    interface Stream {
      getAudioTracks(): Track[];
      getVideoTracks(): Track[];
      removeTrack(track: Track): void;
      addTrack(track: Track): void;
    }
    type Node = { connect(node: Node): Node; start(): void; stream: Stream; readonly frequency: { value: number } } & {
      readonly gain: { value: number };
    };
    const browser = globalThis as unknown as {
      navigator: { mediaDevices: { getUserMedia(wanted: object): Promise<Stream> } };
      AudioContext: new () => Record<'createOscillator' | 'createGain' | 'createMediaStreamDestination', () => Node>;
    };
    const { mediaDevices } = browser.navigator;
    const native = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      const stream = await native(wanted);
      const [own] = stream.getAudioTracks();
      if (own === undefined) return stream;
      const context = new browser.AudioContext();
      const [tone, gain, out] = [
        context.createOscillator(),
        context.createGain(),
        context.createMediaStreamDestination(),
      ];
      tone.frequency.value = hertz;
      gain.gain.value = 0.3;
      tone.connect(gain).connect(out);
      tone.start();
      stream.removeTrack(own);
      const [said] = out.stream.getAudioTracks();
      if (said !== undefined) stream.addTrack(said);
      return stream;
    };
  }, frequency);
}

/**
 * Resolves when the page (opened with `recordHeard`) has heard this tone, clearly and none of `others`, for a second; only
 * the test's own limit ends the wait. `told` hears what was measured, for a test that fails.
 */
export async function hearsTone(
  page: Page,
  frequency: number,
  others: readonly number[] = [],
  told: (figures: string) => void = () => undefined,
): Promise<void> {
  for (;;) {
    await heardBy(page, true);
    await hearFor(page, 1);
    const samples = await heardBy(page);
    const of = (hertz: number): number => strength(samples, hertz, 48_000);
    const [wanted, unwanted] = [of(frequency), Math.max(0, ...others.map(of))];
    told(`${frequency} Hz ${wanted.toFixed(0)}, others ${unwanted.toFixed(0)}`);
    if (wanted > 3000 && unwanted < 300) return;
  }
}
