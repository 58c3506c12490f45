/**
 * The riskiest seam: SIP.js in Debian's Chromium, our own session description handler, a WebRTC endpoint, the edge, and an
 * RTP peer on the other side. Audio is measured both ways.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import { writeWav } from '../../media/audio/wav.ts';
import type { MediaError } from '../../protocol/media.ts';
import { chirp, correlate, correlateWide, hush, join, rms, strength, tone } from '../support/audio-measure.ts';
import { heardBy, hearFor, launchChromium, recordHeard } from '../support/browser/chromium.ts';
import { startSite, type Site } from '../support/browser/site.ts';
import { ToySip } from '../support/browser/toy-sip.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

const said = chirp(0.5, { rate: 48_000 });
const saidAtEight = chirp(0.5);

let folder: string;
let under: NodeUnderTest;
let browser: Browser;
let site: Site;
let sip: ToySip;

beforeAll(async () => {
  folder = mkdtempSync(joinPath(tmpdir(), 'jackfield-webrtc-'));
  const microphone = joinPath(folder, 'microphone.wav');
  writeFileSync(microphone, writeWav({ sampleRate: 48_000, samples: join(said, hush(0.5, 48_000)) }));
  const entry = fileURLToPath(new URL('../support/browser/toy-phone.js', import.meta.url));
  [under, browser, site] = await Promise.all([
    startNode(),
    launchChromium({ microphone }),
    startSite(entry, (socket) => sip.connect(socket)),
  ]);
});

afterAll(async () => {
  await browser.close();
  await site.close();
  await under.close();
  rmSync(folder, { recursive: true, force: true });
});

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

async function openPage(): Promise<Page> {
  sip = new ToySip();
  const page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  await recordHeard(page);
  await page.goto(site.url);
  await sip.registered();
  return page;
}

let calls = 0;
async function caller(law: 'PCMU' | 'PCMA' = 'PCMU') {
  const callId = `web-${++calls}`;
  const peer = await RtpPeer.open({ law });
  const endpointId = `${callId}-caller`;
  const opened = good(await under.client.call('open', { endpointId, callId, kind: 'sip', remoteSdp: peer.sdp() }));
  peer.aim(opened.localSdp);
  return { callId, peer, endpointId, agent: `${callId}-agent` };
}

const bridged = (a: string, b: string) => ({
  edges: [
    { from: a, to: b },
    { from: b, to: a },
  ],
});

/** Does something in the page; answers with what it says, if that is text. */
function toy(page: Page, action: 'call' | 'callOffering' | 'refresh' | 'press', argument?: string): Promise<unknown> {
  return page.evaluate(
    async ([name, given]) => {
      const { toy: phone } = globalThis as unknown as { toy: Record<string, (text?: string) => unknown> };
      const said = await phone[name ?? '']?.(given);
      return typeof said === 'string' ? said : undefined;
    },
    [action, argument] as const,
  );
}

/** The caller talks while the browser's microphone plays; returns what each heard of the other. */
async function converse(page: Page, peer: RtpPeer) {
  const voice = join(...Array.from({ length: 3 }, () => join(saidAtEight, hush(0.3))));
  await heardBy(page, true);
  const from = peer.voice().length;
  await peer.talk(voice);
  return { page: await heardBy(page), peer: peer.recording(from) };
}

/**
 * They talk until each has heard the other undistorted once: a browser stretches and squeezes sound while its jitter
 * buffer settles, the longer the busier the machine. Ends by the test's own time limit if that never happens.
 */
async function heardEachOther(page: Page, peer: RtpPeer, least = 0.9): Promise<void> {
  let best = { page: 0, peer: 0 };
  while (Math.min(best.page, best.peer) < least) {
    const talk = await converse(page, peer);
    best = {
      page: Math.max(best.page, correlateWide(talk.page, saidAtEight).peak),
      peer: Math.max(best.peer, correlate(talk.peer, saidAtEight).peak),
    };
  }
}

describe('a call to the softphone', () => {
  test.each(['PCMU', 'PCMA'] as const)('from a %s trunk is heard both ways, through hold and resume', async (law) => {
    const page = await openPage();
    const { callId, peer, endpointId, agent } = await caller(law);
    const offer = good(await under.client.call('open', { endpointId: agent, callId, kind: 'webrtc' }));
    expect(offer.localSdp).toContain(law === 'PCMU' ? 'SAVPF 0 101' : 'SAVPF 8 101');
    const answer = await sip.invite(offer.localSdp);
    expect(answer.status).toBe(200);
    good(await under.client.call('answer', { endpointId: agent, remoteSdp: answer.sdp }));
    await under.event('endpoint-connected', (event) => event.endpointId === agent);
    good(await under.client.call('apply', { callId, revision: 1, graph: bridged(endpointId, agent) }));

    await heardEachOther(page, peer);

    // Hold: the agent hears nothing, the caller a file. No SDP at all.
    const music = joinPath(folder, `music-${law}.wav`);
    writeFileSync(music, writeWav({ sampleRate: 8000, samples: tone(440, 2) }));
    const plays = [{ playId: 'moh', to: endpointId, files: [music], loop: true }];
    good(await under.client.call('apply', { callId, revision: 2, graph: { plays } }));
    await peer.hear(20);
    const held = await converse(page, peer);
    expect(rms(held.page.subarray(12_000))).toBeLessThan(50);
    // Music is played at -20 LUFS, which a sine has at 4,630.
    expect(strength(held.peer.subarray(1600, 9600), 440)).toBeGreaterThan(2000);
    expect(correlate(held.peer, saidAtEight).peak).toBeLessThan(0.3);

    good(await under.client.call('apply', { callId, revision: 3, graph: bridged(endpointId, agent) }));
    await heardEachOther(page, peer);
    expect(peer.sources().size).toBe(1);
    expect(peer.sequenceGaps()).toBe(0);

    // What was counted is told as it ends: of the phone by the edge, of the browser by its own reports.
    const { closed } = good(await under.client.call('closeCall', { callId }));
    await sip.bye();
    expect(closed.map((each) => [each.endpointId, each.kind, each.codec])).toEqual([
      [endpointId, 'sip', law],
      [agent, 'webrtc', law],
    ]);
    for (const { received, packetsSent, roundTripMs } of closed) {
      expect(received?.expected).toBeGreaterThan(250);
      expect([received?.lost, packetsSent > 250]).toEqual([0, true]);
      expect(roundTripMs ?? 0).toBeLessThan(1000);
    }
    expect(closed[1]).toMatchObject({ sent: { lost: 0 }, roundTripMs: expect.any(Number) as number });
    await page.context().close();
    peer.close();
  });

  test.each([
    ['opus', 'SAVPF 111 101'],
    ['G722', 'SAVPF 9 101'],
  ] as const)(
    'in %s, as the first leg of the call speaks, is heard by a caller in G.711 and hears them',
    async (codec, formats) => {
      const page = await openPage();
      const [callId, peer] = [`wide-${codec}`, await RtpPeer.open()];
      const ids = { first: `${callId}-first`, caller: `${callId}-caller`, agent: `${callId}-agent` };
      const remoteSdp = peer
        .sdp()
        .replace(' 0 101', ' 9 111 101')
        .replace('rtpmap:0 PCMU', 'rtpmap:111 opus/48000/2\r\na=rtpmap:9 G722');
      const policy = { codecs: [codec] };
      good(await under.client.call('open', { endpointId: ids.first, callId, kind: 'sip', remoteSdp, policy }));
      const offer = good(await under.client.call('open', { endpointId: ids.agent, callId, kind: 'webrtc' }));
      expect(offer.localSdp).toContain(formats);
      const answer = await sip.invite(offer.localSdp);
      expect(answer.status).toBe(200);
      good(await under.client.call('answer', { endpointId: ids.agent, remoteSdp: answer.sdp }));
      await under.event('endpoint-connected', (event) => event.endpointId === ids.agent);
      const caller = { endpointId: ids.caller, callId, kind: 'sip', remoteSdp: peer.sdp() } as const;
      peer.aim(good(await under.client.call('open', caller)).localSdp);
      good(await under.client.call('apply', { callId, revision: 1, graph: bridged(ids.caller, ids.agent) }));
      // Opus keeps what the ear hears, not the wave.
      await heardEachOther(page, peer, codec === 'opus' ? 0.8 : 0.9);
      const { closed } = good(await under.client.call('closeCall', { callId }));
      await sip.bye();
      const agent = closed.find(({ endpointId }) => endpointId === ids.agent);
      expect(agent).toMatchObject({ codec, decoded: true, playout: { lost: 0 } });
      expect(peer.sequenceGaps()).toBe(0);
      await page.context().close();
      peer.close();
    },
  );
});

describe('a call from a foreign WebRTC phone', () => {
  test('with its own offer is heard both ways, and its keys are digits', async () => {
    const page = await openPage();
    const { callId, peer, endpointId, agent } = await caller('PCMA');
    sip.answerOffer = async (remoteSdp) =>
      good(await under.client.call('open', { endpointId: agent, callId, kind: 'webrtc', remoteSdp })).localSdp;
    await toy(page, 'callOffering');
    await under.event('endpoint-connected', (event) => event.endpointId === agent);
    good(await under.client.call('apply', { callId, revision: 1, graph: bridged(endpointId, agent) }));
    await hearFor(page, 0.5);
    await heardEachOther(page, peer);
    await toy(page, 'press', '159#');
    await under.event('digit', (event) => event.endpointId === agent && event.digit === '#');
    const digits = under.events.filter((event) => event.type === 'digit' && event.endpointId === agent);
    expect(digits.map((event) => (event.type === 'digit' ? event.digit : ''))).toEqual(['1', '5', '9', '#']);
    good(await under.client.call('closeCall', { callId }));
    await page.context().close();
    peer.close();
  });
});

describe('a call from the softphone', () => {
  test('gets our offer in the 200 and is heard both ways', async () => {
    const page = await openPage();
    const { callId, peer, endpointId, agent } = await caller();
    sip.makeOffer = async () =>
      good(await under.client.call('open', { endpointId: agent, callId, kind: 'webrtc' })).localSdp;
    await toy(page, 'call');
    await sip.until(() => sip.acks.length > 0);
    good(await under.client.call('answer', { endpointId: agent, remoteSdp: sip.acks[0] ?? '' }));
    await under.event('endpoint-connected', (event) => event.endpointId === agent);
    good(await under.client.call('apply', { callId, revision: 1, graph: bridged(endpointId, agent) }));
    await hearFor(page, 0.5);
    await heardEachOther(page, peer);

    // The page re-offers with all its codecs: the answer keeps the one agreed.
    const answers: string[] = [];
    sip.answerOffer = async (remoteSdp) => {
      const opened = await under.client.call('open', { endpointId: agent, callId, kind: 'webrtc', remoteSdp });
      answers.push(good(opened).localSdp);
      return good(opened).localSdp;
    };
    expect(await toy(page, 'refresh')).toBe('connected');
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0 101\r$/m);
    expect(answers[0]).toContain('a=setup:passive');

    // We restart ICE: new credentials in a re-INVITE of ours.
    const restarted = good(await under.client.call('restartIce', { endpointId: agent }));
    const again = await sip.invite(restarted.localSdp, true);
    expect(again.status).toBe(200);
    good(await under.client.call('answer', { endpointId: agent, remoteSdp: again.sdp }));
    await heardEachOther(page, peer);
    expect(peer.sources().size).toBe(1);

    // The page is left without hanging up: DTLS says so at once.
    await page.goto('about:blank');
    const lost = await under.event('endpoint-lost', (event) => event.endpointId === agent);
    expect(lost.cause).toBe('dtls-closed');
    await page.context().close();
    good(await under.client.call('closeCall', { callId }));
    peer.close();
  });
});
