/** Calls that are recorded: who says what on which side, a pause, what a death of the media node leaves, listening by range. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { siteFiles } from '../../server/config.ts';
import type { AgentPage } from '../support/agent-page.ts';
import { correlate, rms } from '../support/audio-measure.ts';
import type { TestSite } from '../support/site.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { answerNext, callSite } from '../support/talks.ts';
import { agentChirp, callerChirp } from '../support/voices.ts';

let stage: Stage;
let site: TestSite;
let alice: AgentPage;

beforeAll(async () => {
  stage = await openStage({
    deaths: true,
    prepare(dialplans) {
      const file = join(dialplans, 'queues.yaml');
      const support = '    skills: { support: 1 }\n';
      const recorded = readFileSync(file, 'utf8').replace(support, `${support}    record: always\n`);
      if (!recorded.includes('record: always')) throw new Error('the demo queue is not as this test believes');
      writeFileSync(file, recorded);
    },
  });
  ({ site } = stage);
  alice = await stage.agent();
  await alice.goAvailable();
});

afterAll(async () => {
  await stage.close();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report());
});

/** Both sides of a WAV file. */
function sidesOf(wav: Buffer): { readonly left: Int16Array; readonly right: Int16Array } {
  const count = (wav.length - 44) >> 2;
  const side = (at: number) => Int16Array.from({ length: count }, (_, index) => wav.readInt16LE(44 + index * 4 + at));
  return { left: side(0), right: side(2) };
}

/** The longest stretch in which neither side is heard, ms. */
function longestHushMs({ left, right }: ReturnType<typeof sidesOf>): number {
  let [longest, hush] = [0, 0];
  for (let at = 0; at + 160 <= left.length; at += 160) {
    const quiet = rms(left.subarray(at, at + 160)) < 30 && rms(right.subarray(at, at + 160)) < 30;
    hush = quiet ? hush + 20 : 0;
    longest = Math.max(longest, hush);
  }
  return longest;
}

const recordings = (): string[] => readdirSync(siteFiles(site.config).recordings);

describe('a call of a queue that is recorded', () => {
  it('has the caller on the left and the agent on the right, and silence where the agent paused it', async () => {
    const caller = await callSite(site);
    await answerNext(alice, [caller]);
    await caller.row('recording-started');
    await caller.hears(200);
    await alice.at('record').click();
    const paused = await caller.row('recording-paused');
    await caller.hears(150);
    await alice.at('record').click();
    const resumed = await caller.row('recording-resumed');
    await caller.hears(200);
    await caller.hangUp();
    const { facts } = await caller.row('recording-finished');
    expect(facts).toMatchObject({ reason: 'ended', dropped: 0 });
    await caller.row('recording-converted');

    const id = await caller.callId();
    const out = join(stage.folder, 'call.wav');
    const { code, stderr, stdout } = await site.command('call', 'recording', id, '--out', out, '--verify');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('Whole');
    const sides = sidesOf(readFileSync(out));
    const heard = {
      callerLeft: correlate(sides.left, callerChirp).peak,
      agentRight: correlate(sides.right, agentChirp).peak,
      agentLeft: correlate(sides.left, agentChirp).peak,
      callerRight: correlate(sides.right, callerChirp).peak,
    };
    console.log('heard in the recording', heard, 'hush', longestHushMs(sides), 'ms');
    expect(heard.callerLeft).toBeGreaterThan(0.8);
    expect(heard.agentRight).toBeGreaterThan(0.7);
    expect(heard.agentLeft).toBeLessThan(0.4);
    expect(heard.callerRight).toBeLessThan(0.4);
    // The pause as the ledger has it, less what the rows were late.
    expect(longestHushMs(sides)).toBeGreaterThan((resumed.at - paused.at) * 0.8);
    expect(recordings()).toEqual([`${id}.r1.jfr`]);
    await alice.wrapUp();
  });

  it('is listened to by range, and the ledger tells who did', async () => {
    const [file = ''] = recordings();
    const id = file.slice(0, file.indexOf('.'));
    const token = (JSON.parse(readFileSync(siteFiles(site.config).runFile, 'utf8')) as { token: string }).token;
    const ask = (headers: Record<string, string>) =>
      fetch(`${site.url}/api/v1/calls/${id}/recording`, { headers: { authorization: `Bearer ${token}`, ...headers } });
    const whole = await ask({});
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect([whole.status, whole.headers.get('content-type'), bytes.toString('latin1', 0, 4)]).toEqual([
      200,
      'audio/ogg',
      'OggS',
    ]);
    const part = await ask({ range: 'bytes=100-199', 'if-range': whole.headers.get('etag') ?? '' });
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))]).toEqual([206, true]);
    const { body } = await site.api('GET', `/api/v1/calls/${id}`);
    const story = (body as { story: { type: string; facts: object }[] }).story;
    expect(story.filter(({ type }) => type === 'recording-listened')).toMatchObject([{ facts: { by: 'admin' } }]);
    // What is on the disk is none of it in clear.
    expect(readFileSync(join(siteFiles(site.config).recordings, file)).includes(bytes.subarray(0, 16))).toBe(false);
  });

  it('cannot be removed under legal hold, and goes with the erasure of its caller once it is released', async () => {
    const [file = ''] = recordings();
    const id = file.slice(0, file.indexOf('.'));
    const { body } = await site.api('GET', `/api/v1/calls/${id}`);
    const { from } = body as { from: string };
    expect((await site.command('call', 'recording', id, '--hold', 'on')).code).toBe(0);
    expect((await site.command('call', 'recording', id, '--remove')).code).toBe(1);
    expect((await site.command('call', 'recording', id, '--hold', 'off')).code).toBe(0);
    expect((await site.api('POST', '/api/v1/erasures', { subject: from })).body).toMatchObject({
      recordings: { removed: 1, held: 0 },
    });
    expect(recordings()).toEqual([]);
  });

  it('is one recording with a gap in it, finished and whole, of a call that goes on after kill -9 of the media node', async () => {
    const caller = await callSite(site);
    await answerNext(alice, [caller]);
    const began = (await caller.row('recording-started')).at;
    await caller.hears(150);
    const pid = await site.kill('media');
    await site.untilReady('media', pid);
    await caller.row('leg-resumed', 2);
    await caller.hears(100);
    await caller.hangUp();
    const ended = (await caller.row('call-ended')).at;
    const { facts } = await caller.row('recording-finished');
    const lengthMs = Number(facts['lengthMs']);
    const id = await caller.callId();
    console.log(`recorded for ${String(ended - began)} ms with a kill -9 in it, ${String(lengthMs)} ms are there`);
    expect(facts).toMatchObject({ reason: 'ended' });
    // The gap is part of it; what was said before and after stands where it was said. At either end up to a second is lost.
    expect(lengthMs).toBeGreaterThanOrEqual(ended - began - 2000);
    expect(lengthMs).toBeLessThanOrEqual(ended - began + 500);
    expect(recordings()).toEqual([`${id}.r1.jfr`]);
    await caller.row('recording-converted');
    expect((await site.command('call', 'recording', id, '--verify')).code).toBe(0);
  });
});
