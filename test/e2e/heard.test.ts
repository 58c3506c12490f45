/** Heard and seen: baresip calls, an agent answers in Chromium; both directions are measured, and the wire is judged by tshark. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { correlate, correlateWide, echoDb, longestGapMs, rms, telephone } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { hearFor, heardBy, launchChromium } from '../support/browser/chromium.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { startCapture } from '../support/tshark.ts';
import { agentChirp, agentHeardIn, callerChirp, repeated, writeMicrophone } from '../support/voices.ts';

let folder: string;
let site: TestSite;
let browser: Browser;
let context: BrowserContext;
let alice: AgentPage;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-heard-'));
  site = await startSite();
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  alice = await openAgentPage(context, site, { secure: true, records: true });
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The last `seconds` of what a telephone heard. */
function last(samples: Int16Array, seconds: number): Int16Array {
  return samples.subarray(Math.max(0, samples.length - seconds * 8000));
}

/**
 * Resolves when the page hears the caller's chirp undistorted (0.9 or better) for three seconds. A browser that catches
 * up after a switch, or on a busy machine, stretches what it plays; only the test's own limit ends the wait.
 */
async function hearsCaller(): Promise<void> {
  for (let peak = 0; peak < 0.9;) {
    await heardBy(alice.page, true);
    await hearFor(alice.page, 3);
    peak = correlateWide(await heardBy(alice.page), callerChirp).peak;
  }
}

/** Whether there are two seconds in which something is heard, but not the agent. */
function musicWithoutAgent(samples: Int16Array): boolean {
  for (let at = 0; at + 16_000 <= samples.length; at += 4000) {
    const piece = samples.subarray(at, at + 16_000);
    if (rms(piece) > 300 && correlate(piece, agentChirp).peak < 0.3) return true;
  }
  return false;
}

describe.each(['udp', 'tcp'] as const)('a call from baresip over %s', (transport) => {
  it('is heard in both directions, through hold and resume, without gap or echo', async ({ onTestFailed }) => {
    onTestFailed(async () => console.error(await site.diagnosis(), alice.complaints));
    const [low, high] = site.config.media.rtpPorts.split('-');
    const filter = `port ${site.sipPort} or udp portrange ${low}-${high}`;
    const capture = await startCapture({ filter, sipPorts: [site.sipPort] });
    const number = transport === 'udp' ? '+8613800001111' : '+8613800002222';
    await site.api('POST', '/api/v1/contacts', { name: `Caller by ${transport}`, numbers: [number] });
    const phone = await startBaresip({ user: number, says: repeated(callerChirp, 120) });

    await phone.dial(`sip:+8653100000@127.0.0.1:${site.sipPort};transport=${transport}`);
    await phone.event('CALL_ESTABLISHED');
    await phone.press('1');
    const callId = await alice.call('ringing');
    expect(await alice.at('caller-number').innerText()).toContain(number);
    expect(await alice.at('caller-name').innerText()).toContain(`Caller by ${transport}`);
    expect(await alice.at('call-queue').innerText()).toContain('Support');
    expect(await alice.at('pressed').innerText()).toContain('1');

    await heardBy(alice.page, true);
    await alice.answer();
    const talkSeconds = transport === 'udp' ? 31 : 6;
    await hearFor(alice.page, talkSeconds);
    const agentHeard = await heardBy(alice.page, true);
    await hearsCaller();
    const steady = telephone(agentHeard).subarray(8000);
    expect(longestGapMs(steady)).toBeLessThanOrEqual(40);
    expect(echoDb(steady.subarray(-24_000), agentChirp)).toBeLessThanOrEqual(-40);

    await alice.at('hold').click();
    await alice.call('held');
    await heardBy(alice.page, true);
    await hearFor(alice.page, 4);
    const onHold = telephone(await heardBy(alice.page, true)).subarray(8000);
    expect(rms(onHold), 'the agent hears nothing of a caller on hold').toBeLessThan(50);

    await alice.at('resume').click();
    await alice.call('talking');
    await hearsCaller();

    await alice.at('hang-up').click();
    await phone.event('CALL_CLOSED');
    await alice.wrapUp();
    const phoneHeard = await phone.heard();
    const end = last(phoneHeard, 3);
    expect(agentHeardIn(end).peak).toBeGreaterThanOrEqual(0.9);
    expect(echoDb(end, callerChirp)).toBeLessThanOrEqual(-40);
    expect(musicWithoutAgent(last(phoneHeard, 18)), 'two seconds of hold music, without the agent').toBe(true);
    if (transport === 'udp') {
      const talk = phoneHeard.subarray(phoneHeard.length - 40 * 8000, phoneHeard.length - 15 * 8000);
      expect(agentHeardIn(talk.subarray(0, 24_000)).peak).toBeGreaterThanOrEqual(0.9);
      expect(longestGapMs(talk)).toBeLessThanOrEqual(40);
    }
    await phone.close();

    await capture.stop();
    const malformed = await capture.rows('_ws.malformed', ['frame.number', 'frame.protocols']);
    expect(malformed).toEqual([]);
    const sip = await capture.rows('sip', ['sip.Method', 'sip.Status-Code']);
    const said = sip.map((row) => row['sip.Method'] || row['sip.Status-Code']);
    expect(said.filter((word) => word === 'INVITE').length).toBeGreaterThanOrEqual(1);
    expect(said).toEqual(expect.arrayContaining(['INVITE', '100', '200', 'ACK', 'BYE']));
    await capture.close();

    const story = (await site.api('GET', `/api/v1/calls/${callId}`)).body as {
      cause: string;
      story: { type: string }[];
    };
    expect(story.cause).toBe('agent-hangup');
    const rows = story.story.map((row) => row.type);
    const wanted = [
      'call-invited',
      'menu-chosen',
      'queued',
      'offered',
      'answered',
      'held',
      'resumed',
      'call-ended',
      'wrap-up-ended',
    ];
    expect(rows.filter((type) => wanted.includes(type))).toEqual(wanted);
    await until(async () => (await alice.at('presence').getAttribute('data-activity')) === 'idle');
  });
});
