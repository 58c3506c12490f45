import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../base/clock.ts';
import { wayTo } from './devices.ts';
import { Locations } from './locations.ts';
import { Pings } from './pings.ts';
import type { Binding } from './ports.ts';
import { applyRegistration, type AskedContact, type Registration } from './registration.ts';

const limits = { shortestInSeconds: 30, longestInSeconds: { webrtc: 120, sip: 3600 }, mostContacts: 3 };

function contact(uri: string, change: Partial<AskedContact> = {}): AskedContact {
  return { uri, seconds: 60, instance: null, regId: null, ...change };
}

function registration(contacts: readonly AskedContact[], change: Partial<Registration> = {}): Registration {
  return {
    ...{ agentId: 'alice', record: 'alice-desk', account: 'alice-desk', device: 'desk', all: false, contacts },
    ...{
      callId: 'c',
      cseq: 2,
      path: [],
      transport: 'udp',
      source: '10.0.0.1:5060',
      flow: 'udp/10.0.0.1:5060',
      userAgent: 'phone',
    },
    ...change,
  };
}

let ids = 0;
function apply(before: readonly Binding[], asked: Registration, now = 0) {
  return applyRegistration(before, asked, limits, now, () => `d${String(++ids)}`);
}

function bound(before: readonly Binding[], asked: Registration, now = 0): readonly Binding[] {
  const outcome = apply(before, asked, now);
  if (outcome.type === 'refused') throw new Error(outcome.reason);
  return outcome.bindings;
}

const a = 'sip:a@10.0.0.1:5062';
const b = 'sip:b@10.0.0.2:5062';
const one = bound([], registration([contact(a)]));

describe('a REGISTER (RFC 3261 section 10.3)', () => {
  it.each([
    ['lower', 1],
    ['the same', 2],
  ])('in the same Call-ID with %s CSeq changes nothing at all', (_what, cseq) => {
    const outcome = apply(one, registration([contact(b), contact(a)], { cseq }));
    expect(outcome).toMatchObject({ type: 'refused', status: 500 });
    expect(apply(one, registration([], { all: true, cseq }))).toMatchObject({ type: 'refused', status: 500 });
  });

  it('in another Call-ID may have any CSeq', () => {
    expect(bound(one, registration([contact(a)], { callId: 'other', cseq: 1 }))[0]?.callId).toBe('other');
    expect(bound(one, registration([], { all: true, callId: 'other', cseq: 1 }))).toEqual([]);
  });

  it('refreshes a device under the id it had, and unbinds with 0', () => {
    const again = bound(one, registration([contact(`${a};x=y`)], { cseq: 3 }), 5000);
    expect(again).toMatchObject([{ id: one[0]?.id, since: 0, expiresAt: 65_000 }]);
    expect(bound(again, registration([contact(a, { seconds: 0 })], { cseq: 4 }))).toEqual([]);
  });

  it.each([
    [29, 423],
    [1, 423],
  ])('that asks for %i seconds is too brief', (seconds, status) => {
    expect(apply([], registration([contact(a, { seconds })]))).toMatchObject({ type: 'refused', status });
  });

  it('gets no more than the longest; browsers less', () => {
    const long = (uri: string) => bound([], registration([contact(uri, { seconds: 86_400 })]))[0];
    expect(long(a)).toMatchObject({ expiresAt: 3_600_000, kind: 'sip' });
    expect(long('sip:x@abc.invalid;transport=ws')).toMatchObject({ expiresAt: 120_000, kind: 'webrtc' });
  });

  it('with an instance and reg-id replaces that device whatever its contact (RFC 5626)', () => {
    const outbound = { instance: '<urn:uuid:1>', regId: 1 };
    const first = bound([], registration([contact(a, outbound)]));
    const moved = bound(first, registration([contact(b, outbound)], { callId: 'after the reboot' }));
    expect(moved).toMatchObject([{ id: first[0]?.id, contact: b }]);
    const second = bound(moved, registration([contact(a, { ...outbound, regId: 2 })], { cseq: 9 }));
    expect(second).toHaveLength(2);
  });

  it('beyond the limit takes the place of the one refreshed longest ago; more at once are refused', () => {
    let bindings: readonly Binding[] = [];
    for (let port = 1; port <= 5; port++)
      bindings = bound(bindings, registration([contact(`sip:a@h:${String(port)}`)], { callId: String(port) }));
    expect(bindings.map((each) => each.contact)).toEqual(['sip:a@h:3', 'sip:a@h:4', 'sip:a@h:5']);
    const many = [1, 2, 3, 4].map((port) => contact(`sip:a@h:${String(port)}`));
    expect(apply([], registration(many))).toMatchObject({ type: 'refused', status: 403 });
  });
});

function device(change: Partial<Binding>): Binding {
  const [made] = bound([], registration([contact(change.contact ?? a)], { transport: change.transport ?? 'udp' }));
  if (made === undefined) throw new Error('no binding');
  return { ...made, ...change };
}

describe('locations', () => {
  it('keep the newest last, forget what expires, and tell each change', () => {
    const clock = new SimulatedClock();
    const told: string[][] = [];
    const locations = new Locations(clock, (_agent, bindings) => told.push(bindings.map((each) => each.contact)));
    locations.replace('alice', 'alice-desk', [device({ contact: a, expiresAt: 1500 })]);
    locations.replace('alice', 'alice', [device({ contact: b, record: 'alice', expiresAt: 3000 })]);
    expect(locations.of('alice').at(-1)?.contact).toBe(b);
    clock.advance(2500);
    expect(locations.of('alice').map((each) => each.contact)).toEqual([b]);
    clock.advance(1000);
    expect(told.at(-1)).toEqual([]);
    expect([locations.size, clock.armed]).toEqual([0, 0]);
  });

  it('drop a browser whose connection is lost; a desk phone becomes doubtful, one behind a proxy or on UDP does not', () => {
    const locations = new Locations(new SimulatedClock(), () => undefined);
    const far = { expiresAt: 100_000 };
    const page = device({ ...far, contact: 'sip:p@x.invalid;transport=ws', transport: 'ws', record: 'alice' });
    const tcp = device({ ...far, contact: 'sip:t@h:1;transport=tcp', transport: 'tcp' });
    const udp = device({ ...far, contact: 'sip:u@h:2' });
    const behind = device({ ...far, contact: 'sip:v@h:3', transport: 'tcp', path: ['<sip:proxy;lr>'] });
    locations.replace('alice', 'alice', [page]);
    locations.replace('alice', 'alice-desk', [tcp, udp, behind]);
    const remote = page.source;
    expect(locations.flowLost(['sip:p@x.invalid', 'sip:t@h:1'], remote)).toEqual([tcp]);
    expect(locations.all()).toEqual([tcp, udp, behind]);
    expect(locations.keepOnly([], 1)).toEqual([tcp]);
    expect(locations.keepOnly([{ contact: 'sip:t@h:1;x=y', remote }], 1)).toEqual([]);
  });

  it('keep who has registered over another connection before the end of the old one was told', () => {
    const locations = new Locations(new SimulatedClock(), () => undefined);
    const contact = 'sip:p@x.invalid;transport=ws';
    const page = { contact, transport: 'ws', record: 'alice', expiresAt: 100_000 } as const;
    locations.replace('alice', 'alice', [device({ ...page, source: '[::1]:2' })]);
    locations.flowLost([contact], '127.0.0.1:1');
    expect(locations.of('alice')).toHaveLength(1);
    locations.flowLost([contact], '::1:2');
    expect(locations.of('alice')).toEqual([]);
  });

  it('keep who has registered since the engine was lost, though its inventory was made before', () => {
    const locations = new Locations(new SimulatedClock(), () => undefined);
    const page = { transport: 'ws', record: 'alice', expiresAt: 100_000 } as const;
    const before = device({ ...page, contact: 'sip:p@x.invalid', source: '127.0.0.1:1', refreshedAt: 99 });
    const since = device({ ...page, contact: 'sip:q@y.invalid', source: '127.0.0.1:2', refreshedAt: 100 });
    locations.replace('alice', 'alice', [before, since]);
    locations.keepOnly([], 100);
    expect(locations.of('alice')).toEqual([since]);
    // Registered over a connection that is not the one the engine has now.
    locations.keepOnly([{ contact: since.contact, remote: '127.0.0.1:3' }], 101);
    expect(locations.of('alice')).toEqual([]);
  });

  it('know a shared contact for each agent who has it', () => {
    const locations = new Locations(new SimulatedClock(), () => undefined);
    const shared = { contact: 'sip:h:1;transport=tcp', transport: 'tcp', expiresAt: 100_000 } as const;
    locations.replace('alice', 'alice-desk', [device(shared)]);
    locations.replace('bob', 'bob-desk', [device({ ...shared, agentId: 'bob', record: 'bob-desk' })]);
    locations.replace('alice', 'alice-desk', []);
    expect(locations.flowLost([shared.contact], '10.0.0.1:5060').map((each) => each.agentId)).toEqual(['bob']);
  });
});

describe('pings', () => {
  function watched(statuses: readonly number[]) {
    const clock = new SimulatedClock();
    const answers = [...statuses];
    const asked: string[] = [];
    const ask = (binding: Binding): Promise<number> => {
      asked.push(binding.contact);
      return Promise.resolve(answers.shift() ?? 200);
    };
    const locations: Locations = new Locations(clock, (_agent, bindings) => pings.changed(bindings));
    const pings = new Pings({ clock, everyMs: 10_000, failures: 2, ask }, locations);
    const round = async (): Promise<boolean | undefined> => {
      clock.advance(11_000);
      await Promise.resolve();
      await Promise.resolve();
      return locations.of('alice')[0]?.reachable;
    };
    return { locations, pings, asked, round };
  }

  it('find a phone that does not answer dead after so many, and alive when it answers again', async () => {
    const { locations, round } = watched([408, 408, 408, 486]);
    locations.replace('alice', 'alice-desk', [device({ expiresAt: 1_000_000 })]);
    const seen = [];
    for (let rounds = 0; rounds < 4; rounds++) seen.push(await round());
    expect(seen).toEqual([true, false, false, true]);
  });

  it('ask a thousand phones that come due together a few at a time', async () => {
    const clock = new SimulatedClock();
    const asked: number[] = [];
    const locations: Locations = new Locations(clock, (_agent, bindings) => pings.changed(bindings));
    const ask = (): Promise<number> => {
      asked.push(clock.now());
      return Promise.resolve(200);
    };
    const pings = new Pings({ clock, everyMs: 60_000, failures: 1, ask }, locations);
    const phones = Array.from({ length: 1000 }, (_, at) =>
      device({ id: String(at), contact: `sip:p@10.0.0.1:${String(at + 1)}`, expiresAt: 1e9 }),
    );
    locations.replace('alice', 'alice-desk', phones);
    for (const phone of phones) pings.doubt(phone);
    expect(asked).toHaveLength(50);
    for (let turn = 1; turn < 20; turn++) {
      clock.advance(50);
      expect(asked).toHaveLength(50 * (turn + 1));
      await Promise.resolve();
    }
    locations.close();
    pings.close();
  });

  it('leave browsers alone, and forget phones that are gone', async () => {
    const { locations, asked, round } = watched([]);
    locations.replace('alice', 'alice', [device({ kind: 'webrtc', record: 'alice', expiresAt: 1_000_000 })]);
    await round();
    expect(asked).toEqual([]);
    locations.replace('alice', 'alice-desk', [device({ expiresAt: 1_000_000 })]);
    locations.replace('alice', 'alice-desk', []);
    await round();
    expect(asked).toEqual([]);
  });

  it('doubt a phone whose connection is lost until it answers', async () => {
    const { locations, pings } = watched([200]);
    const phone = device({ expiresAt: 1_000_000 });
    locations.replace('alice', 'alice-desk', [phone]);
    pings.doubt(phone);
    expect(locations.of('alice')[0]?.reachable).toBe(false);
    await Promise.resolve();
    await Promise.resolve();
    expect(locations.of('alice')[0]?.reachable).toBe(true);
  });
});

describe('pings that are switched off', () => {
  it('keep nothing of phones, and still ask one whose connection is lost', async () => {
    const clock = new SimulatedClock();
    const statuses = [408, 200];
    const ask = (): Promise<number> => Promise.resolve(statuses.shift() ?? 0);
    const locations: Locations = new Locations(clock, (_agent, bindings) => pings.changed(bindings));
    const pings = new Pings({ clock, everyMs: 0, failures: 2, ask }, locations);
    const phone = device({ expiresAt: 1_000_000 });
    const reachable = async (): Promise<boolean | undefined> => {
      pings.doubt(phone);
      await Promise.resolve();
      await Promise.resolve();
      return locations.of('alice')[0]?.reachable;
    };
    locations.replace('alice', 'alice-desk', [phone]);
    expect([await reachable(), await reachable(), pings.size]).toEqual([false, true, 0]);
  });
});

describe('the way to a device', () => {
  it.each([
    ['its contact', {}, { uri: a, headers: {} }],
    [
      'the address its REGISTER came from, behind NAT',
      { contact: 'sip:a@192.168.1.5:5060', source: '10.0.0.1:31000' },
      { uri: 'sip:a@192.168.1.5:5060', proxy: 'sip:10.0.0.1:31000;transport=udp', headers: {} },
    ],
    [
      'the same over IPv6',
      { contact: 'sip:a@[fd00::1]:5060', source: '2001:db8::1:31000' },
      { uri: 'sip:a@[fd00::1]:5060', proxy: 'sip:[2001:db8::1]:31000;transport=udp', headers: {} },
    ],
    [
      'no NAT for one that only names another port',
      { contact: 'sip:a@10.0.0.1:9' },
      { uri: 'sip:a@10.0.0.1:9', headers: {} },
    ],
    [
      'its path',
      { path: ['<sip:p1;lr>', '<sip:p2;lr>'] },
      { uri: a, proxy: 'sip:p1;lr', headers: { Route: '<sip:p1;lr>, <sip:p2;lr>' } },
    ],
  ] as const)('is %s', (_what, change, way) => {
    expect(wayTo(device({ ...change, source: 'source' in change ? change.source : '10.0.0.1:5060' }))).toEqual(way);
  });
});
