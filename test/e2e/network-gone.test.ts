/** The network of an agent's page is gone in mid-call, again and again: the page notices by the silence, comes back over another connection, and both are heard. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { AgentPage } from '../support/agent-page.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { stopNetwork } from '../support/browser/network-service.ts';
import { agentHears, phoneHears } from '../support/heard-both-ways.ts';
import { openStage, type Stage } from '../support/stage.ts';
import { until } from '../support/until.ts';
import { callerChirp, repeated } from '../support/voices.ts';

/** More than once: after the first ICE restart the browser counts packets otherwise than before. */
const times = 2;

let stage: Stage;
let alice: AgentPage;
let phone: Baresip;
let callId: string;

beforeAll(async () => {
  stage = await openStage();
  [alice, phone] = await Promise.all([
    stage.agent({ records: true }),
    startBaresip({ user: '+8613800004444', says: repeated(callerChirp, 170) }),
  ]);
  await alice.goAvailable();
  await phone.dial(`sip:+8653100000@127.0.0.1:${stage.site.sipPort}`);
  await phone.event('CALL_ESTABLISHED');
  await phone.press('1');
  callId = await alice.call('ringing');
  await alice.answer();
  await agentHears(alice);
  await phoneHears(phone, alice);
});

afterAll(async () => {
  await phone.close();
  await stage.close();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await stage.report());
});

interface Row {
  readonly type: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function rows(type: string): Promise<Row[]> {
  const { body } = await stage.site.api('GET', `/api/v1/calls/${callId}`);
  return (body as { story: Row[] }).story.filter((row) => row.type === type);
}

/** Stops the network until the page has given its connection up. Resolves, when both are heard again, with how long it took (ms). */
async function networkLost() {
  const restarted = (await rows('ice-restarted')).length;
  const givenUp = await alice.leaving('phone-state', 'registered');
  const goOn = await stopNetwork();
  const stoppedAt = performance.now();
  try {
    await givenUp();
  } finally {
    goOn();
  }
  const noticedMs = Math.round(performance.now() - stoppedAt);
  await until(async () => (await rows('ice-restarted')).length > restarted);
  const restartedMs = Math.round(performance.now() - stoppedAt);
  await alice.registered();
  await agentHears(alice);
  await phoneHears(phone, alice);
  return { noticedMs, restartedMs };
}

it('is noticed by the silence each time, both are heard again, and nobody is rung', async () => {
  const figures = [];
  for (let time = 0; time < times; time++) figures.push(await networkLost());
  console.log('network of the page stopped in mid-call:', JSON.stringify(figures));
  expect(await rows('leg-lost')).toEqual([]);
  expect((await rows('ice-restarted')).map(({ facts }) => facts)).toEqual(
    Array.from({ length: times }, () => ({ leg: 'agent' })),
  );
});

it('is the same call to its end, which the page can still ask for', async () => {
  expect(await alice.call('talking')).toBe(callId);
  await alice.at('hang-up').click();
  await phone.event('CALL_CLOSED');
  await alice.wrapUp();
  expect((await rows('call-ended')).map(({ facts }) => facts['cause'])).toEqual(['agent-hangup']);
});
