/** A living server for tests of the HTTP API: one agent, one call, one queue, and what was asked of it. */
import type { Clock } from '../../base/clock.ts';
import { fail, ok } from '../../base/result.ts';
import { makeProblem } from '../../protocol/problems/index.ts';
import type { AgentSummary, Readiness } from '../../protocol/rest.ts';
import type { LivePort } from '../../server/http/index.ts';

export const idle: AgentSummary = {
  id: 'alice',
  name: 'Alice',
  presence: 'offline',
  activity: 'idle',
  since: 1,
  registered: false,
  ring: 'all',
  devices: [],
};

export interface FakeLiveParts {
  readonly clock: Clock;
  readonly agents: () => readonly AgentSummary[];
  readonly ready: () => Readiness;
  /** Ids of calls that were to be hung up; there is one, `c1`. */
  readonly hungUp: string[];
  /** What is asked of transfers, where the test wants to say; else `c1` is handed over and never consults. */
  readonly transfers?: Pick<LivePort, 'transfer' | 'proceedTransfer'>;
  /** The same of conferences; else bob is in `c1`. */
  readonly conferences?: LivePort['conferences'];
  /** The same of supervision; else everything is done in `c1`. */
  readonly supervision?: LivePort['supervision'];
}

export function fakeLive(parts: FakeLiveParts): LivePort {
  const { clock, agents, ready, hungUp, transfers = fakeTransfers, conferences, supervision } = parts;
  return {
    agents,
    agent: (id) => agents().find((agent) => agent.id === id),
    queues: () => [{ id: 'support', name: 'Support', waiting: 2, oldestSince: 5, agentsAvailable: 0 }],
    activeCalls: () => 3,
    quality: (callId) =>
      callId === 'c1'
        ? [
            {
              ...{ legId: 'c1.a1', side: 'agent', kind: 'webrtc', codec: 'opus', live: true, level: 'fair', mos: 3.4 },
              ...{ worstMos: 3.1, lossPercent: 4.2, jitterMs: 31, roundTripMs: 80, seconds: 15 },
              ...{ cause: 'agent-network', evidence: { lossPercent: 4.2, jitterMs: 31, roundTripMs: 80 } },
            },
          ]
        : [],
    rtpLoss: () => Promise.resolve({ received: 0.02, sent: 0.01 }),
    mediaCapacity: () => ({ full: 'ports', refused: { ports: 2 } }),
    queueDropped: () => Promise.resolve({ taps: 3, ears: 5, recorder: 0, events: 0 }),
    dialplan: () => ({ version: 'abc', folder: 'dialplans', loadedAt: 1, files: ['main.yaml'] }),
    readiness: ready,
    mintSipCredentials: (id) =>
      ok({
        aor: `sip:${id}@jackfield.local`,
        username: id,
        password: 'p',
        realm: 'jackfield.local',
        webSocketUrl: 'ws://127.0.0.1:5066',
        expiresAt: clock.now() + 900_000,
      }),
    setAgentState: (id, { presence }) =>
      id === 'alice' ? ok({ ...idle, presence }) : fail(makeProblem('not-found', { what: 'agent' })),
    setRing: (id, ring) => (id === 'alice' ? ok({ ...idle, ring }) : fail(makeProblem('not-found', { what: 'agent' }))),
    devices: () => [{ name: 'desk', username: 'alice-desk', createdAt: 1, registered: [] }],
    addDevice: (agent, name) =>
      Promise.resolve(
        name === 'desk'
          ? fail(makeProblem('device-exists', { name }))
          : ok({
              ...{ agent, name, username: `${agent}-${name}`, password: 'p' },
              ...{ domain: 'jackfield.local', server: '127.0.0.1:5060' },
            }),
      ),
    removeDevice: (_agent, device) =>
      Promise.resolve(device === 'desk' ? ok(undefined) : fail(makeProblem('not-found', { what: 'device' }))),
    webRoutes: () => [{ id: 'main', name: { en: 'Main number', zh: '总机' }, video: true, language: 'en-US' }],
    webPass: ({ route, video = false }) =>
      route === 'main'
        ? ok({
            ...{ target: 'sip:main@jackfield.local', video },
            sip: {
              ...{ aor: 'sip:guest-1@jackfield.local', username: 'guest-1', password: 'p', realm: 'jackfield.local' },
              ...{ webSocketUrl: 'ws://127.0.0.1:5066', expiresAt: clock.now() + 60_000 },
            },
          })
        : fail(makeProblem('web-no-route', { route })),
    dial: ({ agentId }) => (agentId === 'alice' ? ok('c2') : fail(makeProblem('not-found', { what: 'agent' }))),
    ladder: (_callId, unmasked) => Promise.resolve(ok({ masked: !unmasked, left: 0, messages: [] })),
    protection: () =>
      Promise.resolve({
        dropped: { 'source-rate': 3 },
        held: [{ source: '192.0.2.66', reason: 'source-rate', count: 3, at: 1, until: 2 }],
      }),
    release: (source) => Promise.resolve(source === '192.0.2.66'),
    trunks: () => [
      {
        ...{
          id: 'demo',
          name: { en: 'Demo', zh: '演示' },
          calls: 'in',
          state: 'up',
          targets: [],
          addresses: ['loopback'],
        },
        ...{ active: { in: 1, out: 0 }, limits: {}, today: { minutes: 0, spent: 0 } },
      },
    ],
    testTrunk: (id) => Promise.resolve(id === 'demo' ? { trunk: id, grade: 'C', checks: [] } : undefined),
    ...transfers,
    recordings: fakeRecordings(),
    conferences: conferences ?? fakeConferences,
    supervision: supervision ?? { begin: ofC1, stop: ofC1, takeOver: ofC1 },
    forget: () => Promise.resolve(),
    hangUp(callId) {
      hungUp.push(callId);
      return callId === 'c1' ? ok(undefined) : fail(makeProblem('no-such-call'));
    },
  };
}

const ofC1 = (callId: string) => (callId === 'c1' ? undefined : makeProblem('no-such-call'));
/** In `c1` is bob, and nobody else is anywhere. */
const fakeConferences: LivePort['conferences'] = {
  members: (callId) =>
    callId === 'c1'
      ? ok([{ id: 'c1.a2', to: 'bob', type: 'agent', by: 'alice', since: 1, muted: false, gainDb: 0 }])
      : fail(makeProblem('no-such-call')),
  add: ofC1,
  merge: ofC1,
  drop: (callId, member) =>
    ofC1(callId) ?? (member === 'c1.a2' ? undefined : makeProblem('no-such-member', { member })),
  set: (callId, member) => ofC1(callId) ?? (member === 'c1.a2' ? undefined : makeProblem('no-such-member', { member })),
};

const fakeTransfers: Pick<LivePort, 'transfer' | 'proceedTransfer'> = {
  transfer: (callId) => (callId === 'c1' ? ok(undefined) : fail(makeProblem('no-such-call'))),
  proceedTransfer: (callId, what) =>
    callId !== 'c1'
      ? fail(makeProblem('no-such-call'))
      : what === 'swap'
        ? fail(makeProblem('not-now', { state: 'talking', expected: 'consulting' }))
        : ok(undefined),
};

/** One recording, of `c1`: a second of bytes that count up, not under hold, of which nothing can be removed. */
function fakeRecordings(): LivePort['recordings'] {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at & 0xff));
  const none = makeProblem('no-recording');
  const bothChannels = ['caller', 'agent'].map((channel) => ({ channel, parties: [] }));
  const asked = (callId: string) => (callId === 'c1' ? undefined : none);
  return {
    facts: (callId) =>
      callId === 'c1'
        ? {
            ...{ recordingId: 'c1.r1', state: 'finished', startedAt: 1, endedAt: 2, queue: null, lengthMs: 1000 },
            ...{ bytes: 1000, hash: 'aa', keyId: 'k', content: 'g711', held: false, until: null, reason: null },
            ...{ pictures: [], channels: bothChannels },
          }
        : undefined,
    timeline: (callId) =>
      Promise.resolve(
        callId === 'c1'
          ? ok({ startedAt: 1, gaps: [{ fromMs: 200, toMs: 400, reason: 'masked' }], channels: bothChannels })
          : fail(none),
      ),
    open: (callId) =>
      Promise.resolve(
        callId === 'c1'
          ? ok({
              ...{ type: 'audio/wav' as const, tag: 'aa', size: bytes.length, close: () => {} },
              read: (from: number, to: number) => bytes.subarray(from, to),
            })
          : fail(none),
      ),
    verify: (callId) =>
      Promise.resolve(
        callId === 'c1'
          ? ok({
              ...{ whole: true, matches: true, hash: 'aa', lengthMs: 1000, content: 'g711', damages: [], gaps: [] },
            })
          : fail(none),
      ),
    ask: asked,
    hold: (callId) => Promise.resolve(asked(callId)),
    remove: (callId) => Promise.resolve(callId === 'c1' ? makeProblem('recording-held') : none),
    erase: () => Promise.resolve({ removed: 0, held: 0 }),
  };
}
