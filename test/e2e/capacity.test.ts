/** A whole site with five RTP ports: calls that do not fit are told to come again, and phones are asked to follow when the media node is killed or stopped. */
import { fetch } from 'undici';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { PlainPhone } from '../support/plain-phone.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { type Caller, callSite } from '../support/talks.ts';
import { until } from '../support/until.ts';

let site: TestSite;
const there: Caller[] = [];

beforeAll(async () => {
  // Below what other sites of tests use, and what the system gives away.
  const first = 18_000 + 2 * Math.floor(Math.random() * 900);
  site = await startSite({
    deaths: true,
    environment: {
      JACKFIELD_MEDIA_RTP_PORTS: `${String(first)}-${String(first + 9)}`,
      JACKFIELD_MEDIA_DRAIN_IN_SECONDS: '1',
    },
  });
});

afterAll(async () => {
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis());
});

async function metric(name: string): Promise<string[]> {
  const text = await (await fetch(`${site.url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name));
}

it('takes as many calls as there are ports but one, and tells the next when to come again', async () => {
  for (let count = 0; count < 4; count++) there.push(await callSite(site));
  await until(async () => (await site.command('status')).stdout.includes('no RTP port is left for a new call'));
  const refused = await callSite(site);
  const { end } = await refused.call.ended;
  expect(end).toMatchObject({ type: 'refused', status: 503 });
  const counted = await metric('jackfield_media_');
  expect(counted).toContain('jackfield_media_full{reason="ports"} 1');
  expect(counted).toContain('jackfield_media_refused_total{reason="ports"} 1');
  await Promise.all(there.map((caller) => caller.hears(20)));
});

it('takes calls again as soon as one is over', async () => {
  await there.shift()?.hangUp();
  await until(async () =>
    (await metric('jackfield_media_full{reason="ports"}')).includes('jackfield_media_full{reason="ports"} 0'),
  );
  there.push(await callSite(site));
  await there.at(-1)?.row('prompt-played');
});

/** A port is free again a moment after its caller has hung up: when the media node has closed the endpoint. */
function portsAreFree(): boolean {
  const log = site.log('media-node');
  const [opened, closed] = ['opened', 'closed'].map((what) => log.split(`"an endpoint was ${what}"`).length);
  return opened === closed;
}

/** Session id and version of the o= line. */
function originOf(sdp: string): readonly [id: string, version: number] {
  const [, id = '', version = ''] = /^o=\S+ (\d+) (\d+)/m.exec(sdp) ?? [];
  return [id, Number(version)];
}

it('asks each phone to follow when the media node is killed: one that refuses is let go, one that is busy is asked again', async () => {
  await Promise.all(there.splice(0).map((caller) => caller.hangUp()));
  await until(portsAreFree);
  const dialled = [PlainPhone.dial(site), PlainPhone.dial(site), PlainPhone.dial(site)] as const;
  const [willing, refusing, busy] = await Promise.all(dialled);
  await Promise.all([willing, refusing, busy].map((phone) => phone.row('queued')));
  const pid = await site.kill('media');
  const [offer] = await Promise.all([
    willing.reinvited('200 OK'),
    refusing.reinvited('488 Not Acceptable Here'),
    busy.reinvited('491 Request Pending'),
  ]);
  // RFC 3264 section 8: the same session in a newer version.
  const [[before, version], [after, newer]] = [originOf(willing.described), originOf(offer)];
  expect(after).toBe(before);
  expect(newer).toBeGreaterThan(version);
  await busy.reinvited('200 OK');
  expect((await refusing.row('call-ended')).facts).toMatchObject({ cause: 'media-failure' });
  await refusing.heardBye;
  const resumed = await Promise.all([willing.row('leg-resumed'), busy.row('leg-resumed')]);
  console.log(
    're-INVITEd, and once more after 491, ms:',
    resumed.map(({ facts }) => facts['gapMs']),
  );
  for (const phone of [willing, busy]) {
    await phone.rtp.hear(20);
    await phone.bye();
    expect((await phone.row('call-ended')).facts).toMatchObject({ cause: 'caller-hangup' });
  }
  await Promise.all([willing, refusing, busy].map((phone) => phone.close()));
  await site.untilReady('media', pid);
  there.push(await callSite(site));
});

it('lets calls end when the media node is told to stop, and says why', async () => {
  const pid = await site.pidOf('media');
  process.kill(pid, 'SIGTERM');
  for (const caller of there) {
    expect((await caller.row('call-ended')).facts).toMatchObject({ cause: 'media-drained' });
    expect((await caller.call.ended).end).toMatchObject({ type: 'hung-up', by: 'far-side' });
  }
  await site.untilReady('media', pid);
  const next = await callSite(site);
  await next.hears(20);
  await next.hangUp();
});
