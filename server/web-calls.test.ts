import { expect, it } from 'vitest';
import { SimulatedClock } from '../base/clock.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { CallState } from './calls/index.ts';
import { admit } from './calls/index.ts';
import type { Plan, Route } from './dialplan/index.ts';
import { WebCalls } from './web-calls.ts';

function routeOf(id: string, web: Route['web'], number: Route['numbers'][number]): Route {
  return {
    ...{
      id,
      web,
      video: null,
      numbers: [number],
      name: { en: id, zh: id },
      trunks: null,
      attestations: null,
      language: 'en-US',
    },
    ...{ record: null, recordTo: null, start: 'x', steps: new Map(), file: 'routes.yaml' },
  };
}

const exact = { type: 'exact', source: '+8653100000', number: '+8653100000' } as const;
const pattern = { type: 'asterisk', source: '_9.', places: ['9'], tail: 'some' } as const;
const routes = [routeOf('main', 'video', exact), routeOf('news', 'audio', pattern), routeOf('vip', null, exact)];

function rig(most = 1) {
  const clock = new SimulatedClock(1_000);
  const calls: CallState[] = [];
  const trouble: { now: Problem | undefined } = { now: undefined };
  const web = new WebCalls({
    ...{ clock, domain: 'site', passMs: 60_000, most, webSockets: { plain: 'ws://a:1', secure: 'wss://a:2' } },
    plan: () => ({ routes: new Map(routes.map((route) => [route.id, route])) }) as unknown as Plan,
    calls: () => calls,
    mint: ({ route }, expiresAt) => ({ username: `guest-${route}`, password: 'p', expiresAt }),
    trouble: () => trouble.now,
  });
  const begin = (route: string): void => {
    const call = { callId: 'c1', from: 'anonymous', to: route, transport: 'wss', longestMs: 1000 };
    calls.push(admit({ ...call, signals: { web: { route, video: false } } }, 1_000).state);
  };
  return { web, begin, trouble };
}

it('offers the routes that say so, and video only where they say that', () => {
  const { web } = rig();
  expect(web.routes().map(({ id, video }) => `${id} ${String(video)}`)).toEqual(['main true', 'news false']);
  const pass = web.pass({ route: 'main', video: true, name: 'Ann' });
  expect(pass).toMatchObject({
    ok: true,
    value: { target: 'sip:main@site', video: true, sip: { username: 'guest-main', expiresAt: 61_000 } },
  });
  expect(web.pass({ route: 'news', video: true })).toMatchObject({ ok: true, value: { video: false } });
  for (const route of ['vip', 'none']) expect(web.pass({ route })).toMatchObject({ error: { code: 'web-no-route' } });
});

it('takes so many calls at a time, also of passes that were given before', () => {
  const { web, begin } = rig(1);
  const guest = { id: 'g', route: 'main', video: false, name: null };
  expect(web.refusal(guest)).toBeNull();
  begin('main');
  expect(web.pass({ route: 'main' })).toMatchObject({ error: { code: 'web-busy' } });
  expect(web.refusal(guest)).toMatchObject({ status: 486 });
  expect(web.refusal({ ...guest, route: 'vip' })).toMatchObject({ status: 404 });
});

it('gives no pass while no call can be taken', () => {
  const { web, trouble } = rig();
  trouble.now = makeProblem('dial-not-ready');
  expect(web.pass({ route: 'main' })).toMatchObject({ error: { code: 'dial-not-ready' } });
});

it('counts the first whole number of a route as called, else its name', () => {
  const { web } = rig();
  const called = (route: string): string => web.calledBy({ id: 'g', route, video: false, name: null });
  expect([called('main'), called('news')]).toEqual(['+8653100000', 'news']);
});
