/** The whole site on its trunk, called by programs nobody here wrote: sipp, and sipp through kamailio; tshark judges the wire. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptItem } from '../../cli/caller/index.ts';
import { toneFrame } from '../../media/audio/tone.ts';
import { deviceCredentials } from '../../protocol/rest.ts';
import { freePort } from '../support/programs.ts';
import { startBaresip } from '../support/baresip.ts';
import { type Kamailio, startKamailio } from '../support/kamailio.ts';
import { startSippCallee, type CalleeStep } from '../support/sipp-callee.ts';
import { startLossyRelay } from '../support/lossy-relay.ts';
import { agentChirp, repeated } from '../support/voices.ts';
import { startSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';
import { type Sipp, startSippCaller, startSippScript } from '../support/sipp.ts';
import { type Capture, startCapture } from '../support/tshark.ts';

/** 1000 waits for a key; 2000 is told something and hung up on; 3000 wants 5, once, and 7; 4000 is put through to an agent. */
const routes = `routes:
  waits:
    name: { en: Waits, zh: 等待 }
    numbers: ['1000']
    start: ask
    steps:
      ask:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            1: { label: { en: Bye, zh: 再见 }, next: bye }
          otherwise: bye
      bye:
        hangup: normal
  keys:
    name: { en: Keys, zh: 按键 }
    numbers: ['3000']
    start: first
    steps:
      first:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            5: { label: { en: On, zh: 继续 }, next: second }
          otherwise: first
      second:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            5: { label: { en: Twice, zh: 重复 }, next: trap }
            7: { label: { en: Bye, zh: 再见 }, next: bye }
          otherwise: second
      trap:
        menu:
          prompts: welcome
          timeout: 60s
          keys:
            0: { label: { en: Bye, zh: 再见 }, next: bye }
          otherwise: trap
      bye:
        hangup: normal
  talks:
    name: { en: Talks, zh: 通话 }
    numbers: ['4000']
    start: wait
    steps:
      wait:
        queue: support
        on-timeout: bye
        otherwise: bye
      bye:
        hangup: normal
  ends:
    name: { en: Ends, zh: 结束 }
    numbers: ['2000']
    start: say
    steps:
      say:
        play: invalid-key
        next: bye
      bye:
        hangup: normal
`;

/** One carrier is known by its address, another proves itself from wherever it calls, and mobiles are called over a third. */
const trunks = (outside: number): string => `trunks:
  here: { calls: in, addresses: [127.0.0.1] }
  proves:
    calls: in
    login: { user: carrier, password: '\${env:CARRIER_PASSWORD}' }
  outside:
    calls: out
    targets: ['sip:127.0.0.1:${String(outside)}']
    health: { every: 0s }
    caller-id: { allowed: ['+8653100000'], default: '+8653100000' }
outbound:
  mobile: { prefixes: ['+8613'], trunks: [outside] }
`;

let site: TestSite;
/** Where everybody outside is called. */
let outside: number;
let kamailio: Kamailio;
let capture: Capture;

beforeAll(async () => {
  outside = await freePort();
  site = await startSite({
    prepare: (dialplans) => {
      writeFileSync(join(dialplans, 'routes.yaml'), routes);
      writeFileSync(join(dialplans, 'trunks.yaml'), trunks(outside));
      const queues = join(dialplans, 'queues.yaml');
      writeFileSync(queues, readFileSync(queues, 'utf8').replaceAll('wrap-up: 5m', 'wrap-up: 1s'));
    },
    // sipp before 3.7 answers no challenge that begins with SHA-256: the policy of a site with such carriers.
    environment: { CARRIER_PASSWORD: 'known-to-both', JACKFIELD_SIP_DIGEST: 'md5' },
  });
  kamailio = await startKamailio({ behind: `sip:127.0.0.1:${String(site.sipPort)}` });
  const port = String(site.sipPort);
  capture = await startCapture({ filter: `udp port ${port}`, sipPorts: [site.sipPort] });
});

afterAll(async () => {
  await capture.close();
  await kamailio.close();
  await site.stop();
});

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await site.diagnosis());
});

/** What became of the call from this number, once it is over. */
async function causeOf(from: string): Promise<string | undefined> {
  let found: { readonly state: string; readonly cause?: string } | undefined;
  await until(async () => {
    const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(from)}`);
    found = (body as { items: { state: string; cause?: string }[] }).items[0];
    return found?.state === 'ended';
  });
  return found?.cause;
}

/** The story of the `count`-th call from this number, once it is there. */
async function storyWith(from: string, count: number): Promise<{ has(type: string, by?: string): Promise<void> }> {
  let ids: readonly string[] = [];
  await until(async () => {
    const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(from)}`);
    // The newest come first.
    ids = (body as { items: { id: string }[] }).items.map(({ id }) => id);
    return ids.length === count;
  });
  const path = `/api/v1/calls/${ids[0] ?? ''}`;
  return {
    has: (type, by) =>
      until(async () => {
        const { story } = (await site.api('GET', path)).body as { story: { type: string; facts: { by?: string } }[] };
        return story.some((row) => row.type === type && (by === undefined || row.facts.by === by));
      }),
  };
}

/** The id of the (only) call with this number. */
async function callWith(number: string): Promise<string> {
  const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(number)}`);
  return (body as { items: { id: string }[] }).items[0]?.id ?? '';
}

async function completes(sipp: Sipp): Promise<string> {
  try {
    const { successful, failed, complaints, messages } = await sipp.finished();
    expect({ successful, failed }, `${complaints}\n${messages}`).toEqual({ successful: 1, failed: 0 });
    return messages;
  } finally {
    await sipp.close();
  }
}

describe('a trunk behind kamailio', () => {
  it.each(['udp', 'tcp'] as const)('whose caller comes over %s and hangs up', async (transport) => {
    const from = transport === 'udp' ? '+8613800000001' : '+8613800000002';
    const sipp = await startSippCaller({ port: kamailio.port, called: '1000', from, transport, talksMs: 300 });
    const messages = await completes(sipp);
    expect(messages).toMatch(/^Record-Route: <sip:127\.0\.0\.1:\d+/m);
    expect(await causeOf(from)).toBe('caller-hangup');
  });

  it('whose caller talks with an agent’s desk phone: both hear, both hold, either hangs up', async () => {
    const from = '13800000301';
    const made = await site.api('POST', '/api/v1/agents/bob/devices', { name: 'desk' });
    const { username: user, password, domain } = deviceCredentials.parse(made.body);
    const account = { domain, password, registrar: site.sipPort, transport: 'udp' } as const;
    const says = repeated(agentChirp, 60);
    const [phone, caller] = await Promise.all([
      startBaresip({ user, says, account }),
      startBaresip({ user: from, says }),
    ]);
    try {
      await phone.registered();
      await site.api('POST', '/api/v1/agents/bob/state', { presence: 'available' });
      for (const [at, ender] of [caller, phone].entries()) {
        await caller.dial(`sip:4000@127.0.0.1:${String(kamailio.port)}`);
        await phone.event('CALL_INCOMING', at + 1);
        await phone.accept();
        const story = await storyWith(from, at + 1);
        await story.has('answered');
        await until(async () => (await caller.heardLoudness()) > 200 && (await phone.heardLoudness()) > 200);
        for (const [which, by] of [
          [caller, 'caller'],
          [phone, 'agent'],
        ] as const) {
          await which.command('hold');
          await story.has('held', by);
          await which.command('resume');
          await story.has('resumed', by);
        }
        await ender.hangUp();
        await Promise.all([caller.event('CALL_CLOSED', at + 1), phone.event('CALL_CLOSED', at + 1)]);
        await story.has('call-ended');
      }
    } catch (cause) {
      throw new Error(`${caller.log}\n--- desk phone\n${phone.log}`, { cause });
    } finally {
      await Promise.all([caller.close(), phone.close()]);
    }
  });

  it('whose caller is hung up on', async () => {
    const from = '+8613800000003';
    const sipp = await startSippCaller({ port: kamailio.port, called: '2000', from, talksMs: 'until-bye' });
    const bye = /^BYE [^]*?\r?\n\r?\n/m.exec(await completes(sipp))?.[0] ?? '';
    // From us to kamailio, and from there to the caller.
    expect(bye.match(/^Via:/gm)).toHaveLength(2);
    expect(bye).toContain(`127.0.0.1:${String(kamailio.port)}`);
    await causeOf(from);
  });
});

describe('a caller who uses everything', () => {
  it('is told of a too small interval, may require 100rel, refreshes and holds by UPDATE, resumes without an offer', async () => {
    const from = '+8613800000004';
    const keys = { called: '1000', caller: from };
    const sipp = await startSippScript({ file: 'peers/updates.xml', keys, calls: 1, remote: site.sipPort });
    await completes(sipp);
    expect(await causeOf(from)).toBe('caller-hangup');
  });
});

describe('a carrier from an address nobody knows', () => {
  it('is challenged, proves itself, and its call is the trunk’s', async () => {
    const from = '+8613800000005';
    const keys = { called: '1000', caller: from };
    const login = { user: 'carrier', password: 'known-to-both' };
    const options = { calls: 1, remote: site.sipPort, address: '127.0.0.2', login };
    await completes(await startSippScript({ file: 'peers/proves.xml', keys, ...options }));
    expect(await causeOf(from)).toBe('caller-hangup');
    const { story } = (await site.api('GET', `/api/v1/calls/${await callWith(from)}`)).body as { story: unknown[] };
    expect(story[0]).toMatchObject({ facts: { trunk: 'proves' } });
  });
});

describe('an agent’s phone that calls somebody outside', () => {
  const phone = async (file: string, keys: Record<string, string>): Promise<Sipp> => {
    const made = await site.api('POST', '/api/v1/agents/alice/devices', { name: file.replace(/\W/g, ' ') });
    const { username: user, password } = deviceCredentials.parse(made.body);
    const at = { remote: site.sipPort, address: '127.0.0.3' };
    return startSippScript({ file, keys: { ...keys, caller: user }, login: { user, password }, calls: 1, ...at });
  };
  const available = async (): Promise<void> => {
    await site.api('POST', '/api/v1/agents/alice/state', { presence: 'available' });
  };

  it('gives up while it rings, and so does what rings there', async () => {
    await available();
    const called = '+8613900000011';
    const ringing: CalleeStep = { type: 'answer', status: 180, reason: 'Ringing' };
    const party = await startSippCallee({ port: outside, steps: [ringing, { type: 'cancelled' }] });
    try {
      await completes(await phone('peers/gives-up.xml', { called }));
      expect((await party.finished()).complaints).toBe('');
      await causeOf(called);
    } finally {
      await party.close();
    }
  });

  it('hands the call over by REFER, and is told how far it is', async () => {
    await available();
    const called = '+8613900000012';
    const steps: readonly CalleeStep[] = [
      { type: 'answer', status: 180, reason: 'Ringing' },
      { type: 'answer', status: 200, reason: 'OK', sdp: true },
      { type: 'expect', request: 'ACK' },
      { type: 'expect', request: 'BYE' },
    ];
    const parties = await startSippCallee({ port: outside, steps, calls: 2 });
    try {
      const messages = await completes(await phone('peers/refers.xml', { called, other: '+8613900000013' }));
      expect(messages.match(/^Subscription-State: .*$/gm)?.at(-1)).toMatch(/terminated/);
      await site.api('POST', `/api/v1/calls/${await callWith(called)}/hangup`, {});
      expect((await parties.finished()).complaints).toBe('');
    } finally {
      await parties.close();
    }
  });
});

describe('a road that loses one datagram in twenty', () => {
  it('loses no call', async () => {
    const calls = 20;
    const relay = await startLossyRelay({ to: site.sipPort, loss: 0.05, seed: 7 });
    try {
      const from = '+8613800000006';
      const many = { calls, atOnce: calls, perSecond: 40, talksMs: 300 };
      const sipp = await startSippCaller({ port: relay.port, called: '1000', from, ...many });
      const { successful, failed, complaints } = await sipp.finished();
      await sipp.close();
      expect({ successful, failed }, complaints).toEqual({ successful: calls, failed: 0 });
      expect(relay.counts().lost).toBeGreaterThan(2);
      await until(async () => {
        const { body } = await site.api('GET', `/api/v1/calls?number=${encodeURIComponent(from)}`);
        const { items } = body as { items: { state: string; cause?: string }[] };
        return items.filter(({ state, cause }) => state === 'ended' && cause === 'caller-hangup').length === calls;
      });
    } finally {
      await relay.close();
    }
  });
});

/** A key as a tone in the voice, and a pause. */
const toneOf = (key: string): ScriptItem[] => [
  {
    type: 'audio',
    samples: Int16Array.from(Array.from({ length: 5 }, (_, at) => [...toneFrame(key, at)]).flat()),
    turn: 1,
  },
  { type: 'pause', ms: 200 },
];

describe('the keys of a caller', () => {
  it.each([
    ['as RFC 4733 events', { script: [...'57'].map((digit) => ({ type: 'digit' as const, digit })) }],
    ['as tones, where no events were agreed on', { events: false, script: [...'57'].flatMap(toneOf) }],
    ['by INFO', { infoKeys: '57' }],
  ])('are heard once each, %s', async (how, keys) => {
    const from = `+861380000010${String(how.length % 10)}`;
    await completes(await startSippCaller({ port: site.sipPort, called: '3000', from, talksMs: 'until-bye', ...keys }));
    expect(await causeOf(from)).not.toBe('caller-hangup');
  });
});

describe('a phone that speaks nothing but', () => {
  it.each(['g722', 'opus'] as const)('%s hears the prompt and is understood', async (codec) => {
    const user = codec === 'opus' ? '13800000201' : '13800000202';
    const phone = await startBaresip({ user, codec });
    try {
      await phone.dial(`sip:3000@127.0.0.1:${String(site.sipPort)}`);
      await phone.event('CALL_ESTABLISHED');
      await until(async () => {
        if (phone.events.some(({ type }) => type === 'CALL_CLOSED')) throw new Error(phone.log);
        return (await phone.heardLoudness()) > 200;
      });
      await phone.press('5');
      await phone.press('7');
      await phone.event('CALL_CLOSED');
      expect(phone.log).toMatch(codec === 'opus' ? /opus\/48000/i : /G722\/16000/);
    } finally {
      await phone.close();
    }
  });
});

describe('the wire, to tshark', () => {
  it('has no malformed message of all that went by', async () => {
    const rows = await capture.rows('sip', ['sip.Method', 'sip.Status-Code', '_ws.malformed']);
    expect(rows.filter((row) => row['sip.Method'] === 'BYE').length).toBeGreaterThan(3);
    expect(rows.filter((row) => row['_ws.malformed'] !== '')).toEqual([]);
  });
});
