/** What a page sees: frames counted by getStats, and whether there is something in the picture. */
import type { BrowserContext, Page } from 'playwright-core';
import { until } from '../until.ts';

/** To be called before the page (or any of the context) is opened: its peer connections can be asked by {@link framesOf}. */
export async function keepPeers(page: Page | BrowserContext): Promise<void> {
  await page.addInitScript(() => {
    const browser = globalThis as unknown as {
      RTCPeerConnection: new (...args: unknown[]) => object;
      __peers: object[];
    };
    const Native = browser.RTCPeerConnection;
    browser.__peers = [];
    browser.RTCPeerConnection = class extends Native {
      constructor(...args: unknown[]) {
        super(...args);
        browser.__peers.push(this);
      }
    };
  });
}

/** Pictures decoded and sent by the newest peer connection of the page, and the codec of what it sees. */
export interface Frames {
  readonly decoded: number;
  readonly sent: number;
  readonly codec: string;
}

export function framesOf(page: Page): Promise<Frames> {
  return page.evaluate(async () => {
    type Report = Readonly<Record<string, string | number | undefined>>;
    const { __peers } = globalThis as unknown as { __peers: { getStats(): Promise<Map<string, Report>> }[] };
    const reports = [...((await __peers.at(-1)?.getStats()) ?? new Map<string, Report>()).values()];
    const of = (type: string): Report | undefined =>
      reports.find((each) => each['type'] === type && each['kind'] === 'video');
    const codec = reports.find(({ id }) => id !== undefined && id === of('inbound-rtp')?.['codecId'])?.['mimeType'];
    return {
      decoded: Number(of('inbound-rtp')?.['framesDecoded'] ?? 0),
      sent: Number(of('outbound-rtp')?.['framesSent'] ?? 0),
      codec: String(codec ?? ''),
    };
  });
}

/** Resolves when the page has decoded so many more pictures; only the test's own limit ends the wait. */
export async function seesFrames(
  page: Page,
  more: number,
  told: (frames: Frames) => void = () => undefined,
): Promise<void> {
  const before = await framesOf(page);
  await until(async () => {
    const now = await framesOf(page);
    told(now);
    return now.decoded >= before.decoded + more;
  });
}

/** The pixels of a small copy of what a video element shows now: red, green, blue and alpha, one after the other. */
function pixelsOf(page: Page, testId: string, [wide, high]: readonly [number, number]): Promise<number[]> {
  return page.getByTestId(testId).evaluate(
    (element, size) => {
      interface Paper {
        width: number;
        height: number;
        getContext(kind: '2d'): {
          drawImage(source: unknown, ...place: number[]): void;
          getImageData(...place: number[]): { readonly data: Uint8Array };
        };
      }
      const { document } = globalThis as unknown as { document: { createElement(tag: 'canvas'): Paper } };
      const paper = document.createElement('canvas');
      [paper.width, paper.height] = size;
      const pen = paper.getContext('2d');
      pen.drawImage(element, 0, 0, ...size);
      return [...pen.getImageData(0, 0, ...size).data];
    },
    [wide, high] as [number, number],
  );
}

/** How many different colours are in what a video element shows now: a black or frozen-grey picture has a handful. */
export async function coloursIn(page: Page, testId: string): Promise<number> {
  const pixels = await pixelsOf(page, testId, [160, 90]);
  const colours = new Set<number>();
  for (let at = 0; at < pixels.length; at += 4)
    colours.add(((pixels[at] ?? 0) >> 4) * 256 + ((pixels[at + 1] ?? 0) >> 4) * 16 + ((pixels[at + 2] ?? 0) >> 4));
  return colours.size;
}

/** The mean colour of what a video element shows now: red, green, blue, 0 to 255. */
export async function meanColour(page: Page, testId: string): Promise<readonly number[]> {
  const pixels = await pixelsOf(page, testId, [16, 9]);
  return [0, 1, 2].map((colour) => {
    let sum = 0;
    for (let at = colour; at < pixels.length; at += 4) sum += pixels[at] ?? 0;
    return Math.round((sum * 4) / pixels.length);
  });
}
