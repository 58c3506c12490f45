/** A SIP phone with a picture calls an agent in the browser: baresip with ffmpeg's H.264, which nobody here wrote. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { AgentPage } from '../support/agent-page.ts';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { framesOf, keepPeers, meanColour, seesFrames } from '../support/browser/pictures.ts';
import { coloursOf, makeFilm } from '../support/film.ts';
import { killMediaWorker } from '../support/media-worker.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until, waited } from '../support/until.ts';

const route = (id: string, number: string, video: string): string => `
  ${id}:
    name: { en: ${id}, zh: ${id} }
    numbers: ['${number}']
    ${video}
    start: wait
    steps: { wait: { queue: support, on-timeout: bye, otherwise: bye }, bye: { hangup: normal } }
`;

let stage: Stage;
let alice: AgentPage;
let bob: AgentPage;
let phone: Baresip | undefined;
let figures = '';

beforeAll(async () => {
  const routes = `routes:${route('seen', '1700', 'video: h264')}${route('heard', '1701', '')}`;
  stage = await openStage({
    ...{ cameraFps: 5, deaths: true },
    prepare(dialplans) {
      writeFileSync(join(dialplans, 'phones.yaml'), routes);
      const queues = join(dialplans, 'queues.yaml');
      const recorded = readFileSync(queues, 'utf8').replace(/^ {4}skills: { support: 1 }$/m, '$&\n    record: always');
      if (!recorded.includes('record: always')) throw new Error('the demo queue is not as this test believes');
      writeFileSync(queues, recorded);
    },
  });
  [alice, bob] = await Promise.all([open('alice'), open('bob'), makeFilm(join(stage.folder, 'green.mp4'), 'green')]);
  await alice.goAvailable();
});

afterAll(() => stage.close());

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report(), figures, phone?.log);
  await phone?.close();
  phone = undefined;
});

/** The page of an agent, whose pictures are counted. */
async function open(agent: string): Promise<AgentPage> {
  const context = await stage.browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  await keepPeers(context);
  return stage.agentIn(context, { agent, secure: true });
}

/** A phone that shows a green film calls `number`; alice answers. */
async function called(number: string, options: BaresipOptions): Promise<Baresip> {
  phone = await startBaresip({ shows: join(stage.folder, 'green.mp4'), ...options });
  await phone.dial(`sip:${number}@127.0.0.1:${String(stage.site.sipPort)}`);
  await alice.call('ringing');
  await alice.answer();
  return phone;
}

/** Five more pictures of the phone are seen by an agent, and they are green. */
async function isSeen(by: AgentPage): Promise<void> {
  await seesFrames(by.page, 5, (frames) => (figures = JSON.stringify(frames)));
  await by.page.locator('[data-testid=pictures][data-state=seen]').waitFor();
  await until(async () => {
    const colour = await meanColour(by.page, 'picture');
    figures = `the agent sees ${colour.join(' ')}`;
    return isGreen(colour);
  });
}

/** A green film with a white box. */
function isGreen([red = 0, green = 0, blue = 0]: readonly number[]): boolean {
  return green > Math.max(red, blue) + 50;
}

/** The phone sees what Chromium's camera shows, which has many colours. */
function isShown(by: Baresip): Promise<void> {
  return until(async () => {
    const shown = await coloursOf(await by.sees());
    figures = `the phone sees ${JSON.stringify(shown)}`;
    return shown.colours > 8;
  });
}

/** So many rows of a type in the call's story, which are there or will be: the facts of the last. */
async function facts(callId: string, type: string, count = 1): Promise<unknown> {
  interface Row {
    readonly type: string;
    readonly facts: unknown;
  }
  let found: Row | undefined;
  await until(async () => {
    const { body } = await stage.site.api('GET', `/api/v1/calls/${callId}`);
    found = (body as { readonly story: readonly Row[] }).story.filter((row) => row.type === type).at(count - 1);
    return found !== undefined;
  });
  return found?.facts;
}

it('is seen by the agent and sees the agent, in H.264, through hold and back, and in the recording', async () => {
  const caller = await called('1700', { user: '13800138001' });
  const callId = await alice.call('talking');
  await isSeen(alice);
  expect((await framesOf(alice.page)).codec).toBe('video/H264');
  await alice.at('camera').click();
  await isShown(caller);
  expect(caller.log).toContain('Set video decoder: H264 packetization-mode=1');

  await alice.at('hold').click();
  await alice.call('held');
  await alice.at('resume').click();
  await alice.call('talking');
  await Promise.all([isSeen(alice), isShown(caller)]);
  await alice.at('hang-up').click();
  await waited(caller.event('CALL_CLOSED'));
  await alice.wrapUp();

  expect(await facts(callId, 'recording-finished')).toMatchObject({ pictures: ['agent', 'caller'] });
  await facts(callId, 'recording-converted');
  const film = join(stage.folder, 'call.mkv');
  const { code, stderr } = await stage.site.command('call', 'recording', callId, '--out', film, '--verify');
  expect(code, stderr).toBe(0);
  expect(isGreen((await coloursOf(film)).mean), 'the first picture of the caller').toBe(true);
});

it('that takes no fragments is shown small packets, and is handed over with its picture', async () => {
  const caller = await called('1700', { user: '13800138003', smallPackets: true });
  const callId = await alice.call('talking');
  await isSeen(alice);
  await alice.at('camera').click();
  await isShown(caller);
  expect(caller.log).toContain('Set video decoder: H264 packetization-mode=0');

  const asked = await stage.site.api('POST', `/api/v1/calls/${callId}/transfer`, { to: 'agent:bob', type: 'blind' });
  expect(asked.status, JSON.stringify(asked.body)).toBeLessThan(300);
  await bob.call('ringing');
  await bob.answer();
  await alice.wrapUp();
  await isSeen(bob);
  await bob.at('camera').click();
  await isShown(caller);
  await caller.hangUp();
  await bob.wrapUp();
});

it('is seen again, and sees again, when the mediasoup worker has died, and when the whole media node has', async () => {
  const caller = await called('1700', { user: '13800138004' });
  const callId = await alice.call('talking');
  await alice.at('camera').click();
  await isSeen(alice);
  await isShown(caller);
  // The page is called again; the phone does not notice.
  await killMediaWorker(stage.site);
  await facts(callId, 'leg-resumed', 1);
  await isSeen(alice);
  await isShown(caller);
  await stage.site.kill('media');
  await facts(callId, 'leg-resumed', 3);
  await isSeen(alice);
  await isShown(caller);
  await alice.at('hang-up').click();
  await waited(caller.event('CALL_CLOSED'));
  await alice.wrapUp();
});

it('talks without a picture where the route has none for phones', async () => {
  const caller = await called('1701', { user: '13800138002' });
  expect(await alice.at('pictures').count()).toBe(0);
  await caller.hangUp();
  await alice.wrapUp();
});
