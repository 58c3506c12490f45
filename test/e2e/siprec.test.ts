/** A queue whose talks go to an outside recorder (SIPREC): what it is sent and told, and that the call never minds it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { headerValue } from '../../cli/caller/sip-message.ts';
import { type AgentPage, openAgentPage } from '../support/agent-page.ts';
import { correlate, rms } from '../support/audio-measure.ts';
import { launchChromium } from '../support/browser/chromium.ts';
import { RecordingServer } from '../support/recording-server.ts';
import { metadataFaults, readXml } from '../support/rs-metadata.ts';
import type { RtpPeer } from '../support/rtp-peer.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { answerNext, callSite } from '../support/talks.ts';
import { until } from '../support/until.ts';
import { agentChirp, agentHeardIn, callerChirp, writeMicrophone } from '../support/voices.ts';

let folder: string;
let site: TestSite;
let browser: Browser;
let alice: AgentPage;
let recorder: RecordingServer;
/** How loud the second stream was when it was last looked at. */
let loud = -1;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-siprec-'));
  recorder = await RecordingServer.open();
  site = await startSite({
    deaths: true,
    prepare(dialplans) {
      const file = join(dialplans, 'queues.yaml');
      const support = '    skills: { support: 1 }\n';
      const sent = readFileSync(file, 'utf8').replace(support, `${support}    record-to: ${recorder.uri}\n`);
      if (!sent.includes('record-to')) throw new Error('the demo queue is not as this test believes');
      writeFileSync(file, sent);
    },
  });
  browser = await launchChromium({ microphone: writeMicrophone(join(folder, 'microphone.wav')) });
  alice = await openAgentPage(await browser.newContext({ ignoreHTTPSErrors: true }), site);
  alice.page.setDefaultTimeout(60_000);
  await alice.logIn();
  await alice.goAvailable();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  await recorder.close();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  const streams = recorder.streams.map(({ received }) => received.length);
  console.error({
    invites: recorder.invites.length,
    byes: recorder.byes.length,
    acks: recorder.acks,
    streams,
    loud,
    last: recorder.invites.at(-1)?.metadata,
  });
  console.error(await site.diagnosis(), await alice.glance());
});

/** Waits for this many more packets on a stream and gives their sound. */
async function more(stream: RtpPeer, packets: number): Promise<Int16Array> {
  const from = stream.voice().length;
  await stream.hear(packets);
  return stream.recording(from);
}

/** Does anybody send a stream, after the last INVITE? */
function flows(): boolean {
  const { children } = readXml(recorder.invites.at(-1)?.metadata ?? '');
  return children.some(({ name, children: inside }) => name === 'participantstreamassoc' && inside.length > 0);
}

const faults = (): string[] => recorder.invites.flatMap(({ metadata }) => metadataFaults(metadata));

describe('a call of a queue that is sent to a recorder', () => {
  it('gives it both sides apart with metadata, tells it of hold and resume, and says BYE', async () => {
    const caller = await callSite(site);
    await answerNext(alice, [caller]);
    const { facts } = await caller.row('siprec-started');
    expect(facts).toMatchObject({ recorder: recorder.uri, streams: 2 });
    const [first, second] = recorder.streams;
    const [left, right] = await Promise.all([more(first, 110), more(second, 110)]);
    const heard = {
      callerFirst: correlate(left, callerChirp).peak,
      agentSecond: agentHeardIn(right).peak,
      agentFirst: correlate(left, agentChirp).peak,
      callerSecond: correlate(right, callerChirp).peak,
    };
    console.log('heard by the recorder', heard);
    expect(heard.callerFirst).toBeGreaterThan(0.8);
    expect(heard.agentSecond).toBeGreaterThan(0.7);
    expect(heard.agentFirst).toBeLessThan(0.4);
    expect(heard.callerSecond).toBeLessThan(0.4);

    const [invite] = recorder.invites;
    const header = (name: string): string => (invite === undefined ? '' : (headerValue(invite.request, name) ?? ''));
    expect([header('Require'), header('Contact')]).toEqual(['siprec', expect.stringContaining(';+sip.src')]);
    expect(invite?.sdp.match(/^a=(sendonly|label:.)$/gm)).toEqual([
      'a=sendonly',
      'a=label:1',
      'a=sendonly',
      'a=label:2',
    ]);
    expect([faults(), flows()]).toEqual([[], true]);

    await alice.at('hold').click();
    await until(() => recorder.invites.length === 2);
    expect(flows()).toBe(false);
    await until(async () => (loud = rms(await more(second, 25))) < 30);
    await alice.at('resume').click();
    await until(() => recorder.invites.length === 3);
    expect(flows()).toBe(true);
    await until(async () => (loud = rms(await more(second, 25))) > 300);
    const versions = recorder.invites.map(({ sdp }) => Number(/^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1]));
    expect(versions.map((version) => version - (versions[0] ?? 0))).toEqual([0, 1, 2]);

    await caller.hangUp();
    await until(() => recorder.byes.length === 1);
    expect([faults(), recorder.acks >= 3]).toEqual([[], true]);
    await alice.wrapUp();
  });

  it('minds neither a recorder that refuses, nor the server’s death: the next attempt is a session of its own', async () => {
    const [invites, byes] = [recorder.invites.length, recorder.byes.length];
    recorder.status = 503;
    const caller = await callSite(site);
    await answerNext(alice, [caller]);
    expect((await caller.row('siprec-failed')).facts).toMatchObject({
      reason: expect.stringContaining('503') as string,
    });
    recorder.status = 200;
    await caller.row('siprec-started');
    const pid = await site.kill('server');
    await site.untilReady('server', pid);
    await caller.row('siprec-started', 2);
    await until(() => recorder.byes.length === byes + 1);
    const [first, second] = recorder.streams;
    const [left, right] = await Promise.all([more(first, 110), more(second, 110)]);
    expect(correlate(left, callerChirp).peak).toBeGreaterThan(0.8);
    expect(rms(right)).toBeGreaterThan(300);
    await caller.hangUp();
    await until(() => recorder.byes.length === byes + 2);
    expect({ invites: recorder.invites.length - invites, faults: faults() }).toEqual({ invites: 3, faults: [] });
  });
});
