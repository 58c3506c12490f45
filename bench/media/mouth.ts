/**
 * Mouth to ear: a Chromium agent says chirps to a telephone that sends each packet back at once, and to itself. What the way
 * through the media node, there and back, takes longer than the browser to itself is the node.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { expandInto } from '../../media/audio/g711.ts';
import { isRtcp, readRtp } from '../../media/edge/rtp.ts';
import { chirp, correlate, telephone } from '../../test/support/audio-measure.ts';
import { launchChromium } from '../../test/support/browser/chromium.ts';
import type { BenchEntry } from '../entry.ts';
import { median } from '../statistics.ts';
import { bridge, Jackfield } from './jackfield.ts';
import { pcmu, portOf, sdpOf } from './sdp.ts';

/** Short, or a browser that stretches what it hears tears it. */
const chirpSeconds = 0.12;
/** So far apart that one is over before the next begins, whatever the way takes. */
const apartSeconds = 1.5;
const windowFrames = 48_000;
/** A chirp that is found less well than this was torn by the browser's jitter buffer, and says nothing. */
const leastPeak = 0.6;

interface Packet {
  readonly at: number;
  readonly timestamp: number;
  readonly samples: Int16Array;
}

const wallMs = (): number => performance.timeOrigin + performance.now();

/** A telephone that sends back what it hears, and remembers when it heard it. */
class Echo {
  readonly packets: Packet[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      if (isRtcp(bytes)) return;
      const at = wallMs();
      socket.send(bytes, from.port, from.address);
      const packet = readRtp(bytes);
      if (packet?.payloadType !== pcmu.payloadType) return;
      const samples = new Int16Array(packet.payload.length);
      expandInto('PCMU', packet.payload, samples);
      this.packets.push({ at, timestamp: packet.timestamp, samples });
    });
  }

  static async open(): Promise<Echo> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Echo(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** When the packet came in which `wanted` begins, of those that came after `since`; undefined if it is not found. */
  heardAt(wanted: Int16Array, since: number): number | undefined {
    const near = this.packets.filter(({ at }) => at >= since && at < since + apartSeconds * 1000);
    const [first] = near;
    if (first === undefined) return undefined;
    const place = ({ timestamp }: Packet): number => (timestamp - first.timestamp) | 0;
    const all = new Int16Array(near.reduce((most, each) => Math.max(most, place(each) + each.samples.length), 0));
    for (const each of near) if (place(each) >= 0) all.set(each.samples, place(each));
    const { offset, peak } = correlate(all, wanted);
    if (peak < leastPeak) return undefined;
    return near.find((each) => place(each) <= offset && offset < place(each) + each.samples.length)?.at;
  }

  close(): void {
    this.#socket.close();
  }
}

/** What passed through a jitter buffer of the browser since it was made. */
interface Buffered {
  readonly ms: number;
  readonly samples: number;
}

/** The page's own functions: mouth-page.js. */
interface PageBench {
  loop(): Promise<void>;
  answer(offer: string): Promise<string>;
  epoch(): Promise<number>;
  speak(samples: readonly number[], count: number, apart: number): Promise<number[]>;
  heard(name: string, frame: number, length: number): string;
  buffers(): Promise<Partial<Record<'node' | 'itself', Buffered>>>;
  start(): Promise<void>;
}
type InPage = { readonly bench: PageBench };

async function serve(): Promise<Server> {
  const script = readFileSync(join(import.meta.dirname, 'mouth-page.js'), 'utf8');
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>agent</title><script type="module">${script}</script>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function connect(jackfield: Jackfield, echo: Echo, page: Page): Promise<void> {
  const [callId, caller, agent] = ['mouth', 'mouth-caller', 'mouth-agent'];
  await jackfield.sipLeg(callId, caller, sdpOf(echo.port, pcmu)).then(portOf);
  const { localSdp } = await jackfield.ask('open', { endpointId: agent, callId, kind: 'webrtc' });
  const remoteSdp = await page.evaluate((offer) => (globalThis as unknown as InPage).bench.answer(offer), localSdp);
  await jackfield.ask('answer', { endpointId: agent, remoteSdp });
  await jackfield.graph(callId, bridge(caller, agent));
}

interface Delays {
  /** Through the node and back, and from the browser to itself. */
  readonly round: number;
  readonly itself: number;
  /** From the agent's mouth to the caller's telephone; NaN if it was not found. */
  readonly out: number;
}

async function earMs(page: Page, name: string, frame: number, wanted: Int16Array): Promise<number | undefined> {
  const text = await page.evaluate(
    ([ear, from, length]) => (globalThis as unknown as InPage).bench.heard(ear, from, length),
    [name, frame, windowFrames] as const,
  );
  const bytes = Buffer.from(text, 'base64');
  const samples = Int16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(at * 2));
  const { offset, peak } = correlate(telephone(samples), wanted);
  return peak < leastPeak ? undefined : offset / 8;
}

async function chirps(page: Page, echo: Echo, count: number): Promise<Delays[]> {
  const samples = [...chirp(chirpSeconds, { rate: 48_000 })].map((value) => value / 32_768);
  const wanted = chirp(chirpSeconds);
  const frames = await page.evaluate(
    ([said, times, apart]) => (globalThis as unknown as InPage).bench.speak(said, times, apart),
    [samples, count, apartSeconds] as const,
  );
  const epoch = await page.evaluate(() => (globalThis as unknown as InPage).bench.epoch());
  const delays: Delays[] = [];
  for (const frame of frames) {
    const saidAt = epoch + frame / 48;
    const [round, itself] = [await earMs(page, 'node', frame, wanted), await earMs(page, 'itself', frame, wanted)];
    const out = (echo.heardAt(wanted, saidAt) ?? Number.NaN) - saidAt;
    if (round !== undefined && itself !== undefined) delays.push({ round, itself, out });
  }
  return delays;
}

/** How long a sample waited in the browser's two jitter buffers meanwhile, in ms. */
type Waits = Readonly<Record<'node' | 'itself', number>>;

function rows(delays: readonly Delays[], count: number, waits: Waits): BenchEntry[] {
  const of = (pick: (each: Delays) => number): number[] => delays.map(pick).filter((value) => Number.isFinite(value));
  const added = of(({ round, itself }) => (round - itself) / 2);
  const row = (name: string, value: number, detail: string, better: BenchEntry['better'] = 'smaller'): BenchEntry => ({
    ...{ name: `media/mouth-${name}`, value, unit: 'ms', better, detail },
  });
  const buffered = (ms: number): string => `${ms.toFixed(0)} ms of it in its jitter buffer, by its own statistics`;
  const found = `${delays.length} of ${count} chirps were found`;
  return [
    row(
      'browser',
      median(of(({ itself }) => itself)),
      `the browser to itself, PCMU; ${buffered(waits.itself)}`,
      'reference',
    ),
    row(
      'agent-to-caller',
      median(of(({ out }) => out)),
      "mouth to the caller's telephone, the browser's part included",
    ),
    row('caller-to-agent', median(of(({ round, out }) => round - out)), `telephone to ear; ${buffered(waits.node)}`),
    row('longer', median(added), `each way, than the browser to itself; ${found}; goal: at most 60`),
    row(
      'added',
      median(added) - (waits.node - waits.itself) / 2,
      "the same without what the two ways waited in the browser's buffers",
    ),
  ];
}

function buffersOf(page: Page): ReturnType<PageBench['buffers']> {
  return page.evaluate(() => (globalThis as unknown as InPage).bench.buffers());
}

/** Before a first packet there are no statistics. */
const empty: Buffered = { ms: 0, samples: 0 };

function waited(before = empty, after = empty): number {
  return (after.ms - before.ms) / (after.samples - before.samples);
}

async function measure(browser: Browser, url: string, jackfield: Jackfield, count: number): Promise<BenchEntry[]> {
  const echo = await Echo.open();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url);
    await page.evaluate(() => (globalThis as unknown as InPage).bench.start());
    await page.evaluate(() => (globalThis as unknown as InPage).bench.loop());
    await connect(jackfield, echo, page);
    // Jitter buffers settle.
    await pause(4000);
    const before = await buffersOf(page);
    const delays = await chirps(page, echo, count);
    const after = await buffersOf(page);
    if (delays.length === 0) throw new Error('no chirp was heard');
    const waits = { node: waited(before.node, after.node), itself: waited(before.itself, after.itself) };
    return rows(delays, count, waits);
  } finally {
    echo.close();
  }
}

/** Measures, with so many chirps. */
export async function mouthRows(count: number): Promise<BenchEntry[]> {
  const jackfield = await Jackfield.start();
  const server = await serve();
  const browser = await launchChromium();
  try {
    const { port } = server.address() as AddressInfo;
    return await measure(browser, `http://127.0.0.1:${port}/`, jackfield, count);
  } finally {
    await browser.close();
    server.close();
    await jackfield.stop();
  }
}
