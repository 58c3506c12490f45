/** Debian's Chromium, headless, with a WAV file as its microphone. One browser per test file; contexts are cheap. */
import { chromium, type Browser, type Page } from 'playwright-core';

export interface ChromiumOptions {
  /** A WAV file (48 kHz mono is best) that the microphone plays, over and over. Absent: beeps. */
  readonly microphone?: string;
  readonly headless?: boolean;
  /** Pictures a second of its camera, up to 30; a machine without time encodes few. Absent: Chromium's own. */
  readonly cameraFps?: number | undefined;
}

/** Starts a browser that gives its microphone to any page without asking and plays audio without a click. */
export function launchChromium({ microphone, headless = true, cameraFps }: ChromiumOptions = {}): Promise<Browser> {
  const camera = cameraFps === undefined ? '' : `=fps=${String(cameraFps)}`;
  return chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    headless,
    args: [
      '--no-sandbox',
      `--use-fake-device-for-media-stream${camera}`,
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`]),
    ],
  });
}

/**
 * To be called before a page is opened: from then on every audio track that any RTCPeerConnection of it receives is
 * recorded. {@link heardBy} fetches the recording. Needs nothing of the page itself.
 */
export async function recordHeard(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const own = globalThis as unknown as Record<string, unknown>;
    const pieces: Float32Array[] = [];
    own['__heard'] = pieces;
    const worklet = `registerProcessor('ear', class extends AudioWorkletProcessor {
      process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; } });`;
    const browser = globalThis as unknown as {
      RTCPeerConnection: { prototype: { addEventListener: (...args: unknown[]) => void } };
      AudioContext: new (options: object) => Record<string, never>;
      AudioWorkletNode: new (context: unknown, name: string) => Record<string, never>;
      MediaStream: new (tracks: unknown[]) => unknown;
      URL: { createObjectURL: (blob: Blob) => string };
      Audio: new () => Record<string, unknown>;
    };
    const listen = async (track: unknown): Promise<void> => {
      const stream = new browser.MediaStream([track]);
      // Without an element Chromium does not pull a remote track.
      const element = new browser.Audio();
      element['muted'] = true;
      element['srcObject'] = stream;
      const context = new browser.AudioContext({ sampleRate: 48_000 }) as unknown as {
        audioWorklet: { addModule: (url: string) => Promise<void> };
        createMediaStreamSource: (stream: unknown) => { connect: (node: unknown) => void };
        destination: unknown;
      };
      const script = new Blob([worklet], { type: 'text/javascript' });
      await context.audioWorklet.addModule(browser.URL.createObjectURL(script));
      const ear = new browser.AudioWorkletNode(context, 'ear') as unknown as {
        port: { onmessage: (event: { data: Float32Array }) => void };
      };
      // The newest track is the call; an older one goes on as silence and must not be mixed in.
      own['__ear'] = ear;
      ear.port.onmessage = ({ data }) => {
        if (own['__ear'] === ear) pieces.push(data);
      };
      context.createMediaStreamSource(stream).connect(ear);
      own['__ears'] = [...((own['__ears'] as unknown[] | undefined) ?? []), context, element];
    };
    const Native = browser.RTCPeerConnection as unknown as new (...args: unknown[]) => {
      addEventListener: (type: string, listener: (event: { track: { readonly kind: string } }) => void) => void;
    };
    class Recorded extends Native {
      constructor(...args: unknown[]) {
        super(...args);
        this.addEventListener('track', ({ track }) => {
          if (track.kind === 'audio') void listen(track);
        });
      }
    }
    (globalThis as unknown as Record<string, unknown>)['RTCPeerConnection'] = Recorded;
  });
}

/** What the page heard so far (or since the last call with `reset`), as PCM16 at 48 kHz. */
export async function heardBy(page: Page, reset = false): Promise<Int16Array> {
  const text = await page.evaluate((forget) => {
    const pieces = (globalThis as unknown as { __heard: Float32Array[] }).__heard;
    const samples = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) for (const value of piece) samples[at++] = Math.max(-1, Math.min(1, value)) * 32_767;
    if (forget) pieces.length = 0;
    let binary = '';
    const bytes = new Uint8Array(samples.buffer);
    for (let from = 0; from < bytes.length; from += 8192)
      binary += String.fromCharCode(...bytes.subarray(from, from + 8192));
    return btoa(binary);
  }, reset);
  const bytes = Buffer.from(text, 'base64');
  return Int16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(at * 2));
}

/** Resolves when the page has heard at least this many seconds (counted on its sample clock, silence included). */
export async function hearFor(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const pieces = (globalThis as unknown as { __heard: Float32Array[] }).__heard;
      return pieces.reduce((sum, { length }) => sum + length, 0) >= wanted;
    },
    seconds * 48_000,
    { polling: 100, timeout: 0 },
  );
}
