/**
 * A caller with SRTP (linphonec) and one without (baresip), when mediasoup's worker, the audio shards and the whole media node are killed
 * under their calls: who lost their endpoint is moved, with fresh keys, and hears on. (baresip 1.0 keeps its first key for life: it is
 * no peer for this.)
 */
import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { chirp, hush } from '../support/audio-measure.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { inspectable, killShards } from '../support/dying-shards.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

const rate = 8000;

let site: TestSite;
let secured: Linphone;
let plain: Baresip;
/** Their calls. */
let ids: { readonly secured: string; readonly plain: string };

beforeAll(async () => {
  [site, secured, plain] = await Promise.all([
    startSite({ deaths: true, environment: inspectable }),
    startLinphone({ user: 'linphone', transport: 'udp', srtp: true, says: chirp(5) }),
    startBaresip({ says: hush(1) }),
  ]);
  const called = `sip:+8653100000@127.0.0.1:${String(site.sipPort)}`;
  secured.command(`call ${called}`);
  await until(async () => (await calls()).length === 1);
  const [first = ''] = await calls();
  await plain.dial(called);
  await until(async () => (await calls()).length === 2);
  const second = (await calls()).find((id) => id !== first) ?? '';
  ids = { secured: first, plain: second };
  await plain.event('CALL_ESTABLISHED');
  await secured.printed(/Media streams established/);
  await plain.press('1');
  secured.command('1');
  for (const id of [first, second]) await until(async () => (await rows(id, 'queued')).length === 1);
  await hear();
});
afterAll(async () => {
  await Promise.all([plain.close(), secured.close()]);
  await site.stop();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis(), secured.log.slice(-1000));
});

interface Row {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function calls(): Promise<readonly string[]> {
  const { items } = (await site.api('GET', '/api/v1/calls')).body as { items: { id: string }[] };
  return items.map(({ id }) => id);
}

/** None while the server does not answer. */
async function rows(id: string, type: string): Promise<readonly Row[]> {
  const { body } = await site.api('GET', `/api/v1/calls/${id}`);
  return (body as { story: Row[] }).story.filter((row) => row.type === type);
}

/** Resolves when each has heard two seconds more, the last of them loud: what is decrypted with a wrong key is dropped, not heard. */
async function hear(): Promise<void> {
  for (const phone of [secured, plain]) {
    const before = (await phone.heardSoFar()).length;
    await until(async () => {
      const heard = await phone.heardSoFar();
      return heard.length > before + 2 * rate && heard.subarray(-rate).some((sample) => Math.abs(sample) > 1000);
    });
  }
}

/** Resolves when the legs have been moved so often, and both hear. */
async function moved(times: { readonly secured: number; readonly plain: number }): Promise<void> {
  for (const which of ['secured', 'plain'] as const)
    await until(async () => (await rows(ids[which], 'leg-resumed')).length >= times[which]);
  await hear();
}

async function causes(which: 'secured' | 'plain'): Promise<readonly unknown[]> {
  return (await rows(ids[which], 'leg-lost')).map(({ facts }) => facts['cause']);
}

/** The inspector of the media node, which it opens at this signal and tells in its log. */
async function inspectorOf(pid: number): Promise<string> {
  process.kill(pid, 'SIGUSR1');
  const told = /Debugger listening on (ws:\/\/[^\s"]+)/;
  await until(() => told.test(site.log('media-node')));
  return told.exec(site.log('media-node'))?.[1] ?? '';
}

it('hear on after kill -9 of the mediasoup worker, which has the keys', async () => {
  const children = execFileSync('ps', ['--ppid', String(await site.pidOf('media')), '-o', 'pid=,comm=']).toString();
  const worker = children.split('\n').find((line) => line.includes('mediasoup'));
  if (worker === undefined) throw new Error(`no mediasoup worker among ${children}`);
  process.kill(Number.parseInt(worker, 10), 'SIGKILL');
  await moved({ secured: 1, plain: 0 });
  expect(await causes('secured')).toEqual(['worker-died']);
  expect(await causes('plain')).toEqual([]);
});

it('hear on after the death of the audio shards', async () => {
  expect(await killShards(await inspectorOf(await site.pidOf('media')))).toBeGreaterThan(0);
  await moved({ secured: 2, plain: 1 });
  expect(await causes('secured')).toEqual(['worker-died', 'shard-died']);
  expect(await causes('plain')).toEqual(['shard-died']);
});

it('hear on after kill -9 of the media node, and both calls are what they were', async () => {
  await site.kill('media');
  await moved({ secured: 3, plain: 2 });
  expect(await causes('secured')).toEqual(['worker-died', 'shard-died', 'node-died']);
  expect(await causes('plain')).toEqual(['shard-died', 'node-died']);
  const gaps = async (id: string) => (await rows(id, 'leg-resumed')).map(({ facts }) => facts['gapMs']);
  console.log('gaps in ms with SRTP:', await gaps(ids.secured), 'and without:', await gaps(ids.plain));
  for (const id of [ids.secured, ids.plain]) expect(await rows(id, 'call-ended')).toEqual([]);
});
