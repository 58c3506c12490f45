/** The ready profiles against sipp scripts that behave like the carriers they are for, in and out. */
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/programs.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { noTrunks, type ServerSide, startServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';
import { type SippScript, startSippScript } from '../support/sipp.ts';

const bench = useBench();

async function sipp(script: SippScript) {
  const started = await startSippScript(script);
  bench.later(() => started.close());
  return started;
}

/** A SIP side that answers every call it lets in. */
async function serverSide(yaml: string): Promise<ServerSide> {
  const side = await startServerSide(
    bench.engine,
    { trunks: { ...noTrunks, talkMs: 1000, secretOf: () => 'trunk-secret' } },
    trunksOf(yaml),
    (sip, { legId }) => sip.answer(legId, testSdp),
  );
  bench.later(() => side.sip.close());
  return side;
}

const checksOf = async (side: ServerSide, trunk: string, number: string) => {
  const card = await side.sip.testTrunk(trunk, number);
  return Object.fromEntries((card?.checks ?? []).map(({ name, grade, found }) => [name, `${grade}: ${found}`]));
};
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** A call of the carrier; resolves when it is over. */
async function callFrom(profile: string, side: ServerSide, keys: Readonly<Record<string, string>>) {
  const invited = side.invited();
  const caller = await sipp({
    file: `trunks/${profile}-caller.xml`,
    calls: 1,
    remote: portOf(bench.engine, 'udp'),
    keys,
  });
  const invite = await Promise.race([invited, caller.gone()]);
  const result = await caller.finished();
  expect(result.complaints).toBe('');
  expect(result.successful).toBe(1);
  return invite;
}

describe('ims-cn', () => {
  it('registers with digest, calls out with PRACK and UPDATE, and takes calls for any of its numbers', async () => {
    const port = await freePort();
    await sipp({ file: 'trunks/ims-cn-called.xml', calls: 100, port });
    const side = await serverSide(`
trunks:
  mobile:
    profile: ims-cn
    account: { user: us@sd.ims.example }
    registration: { as: '+8653188880000' }
    domain: sd.ims.example
    targets: ['sip:127.0.0.1:${port}']
    caller-id: { allowed: ['+8653188880000-99'], default: '+8653188880000' }
`);
    await side.trunkEvent((event) => event.type === 'registration' && event.state === 'registered');
    expect(await checksOf(side, 'mobile', '+8613900000001')).toMatchObject({
      registration: 'good: registered',
      reachability: 'skipped: no OPTIONS',
      call: 'good: 183 200',
      codec: 'good: PCMA',
      'early-media': matching(/183/),
      dtmf: 'good: rfc4733, echoed',
      'session-timer': 'good: 1800 s',
      audio: matching(/^good: /),
    });
    const keys = { contact: '+8653188880000', called: '+8653188880042', caller: 'unknown' };
    expect(await callFrom('ims-cn', side, keys)).toMatchObject({
      origin: { type: 'trunk', trunk: 'mobile' },
      ...{ from: '+8613900000001', to: '+8653188880042', asserted: '+8613900000001' },
      diversions: [{ number: '+8653188889999', reason: 'unconditional' }],
    });
  });
});

describe('gateway-cn', () => {
  it('plays its colour ring-back before the answer, and calls with national numbers', async () => {
    const port = await freePort();
    await sipp({ file: 'trunks/gateway-cn-called.xml', calls: 100, port });
    const side = await serverSide(`
trunks:
  gateway:
    profile: gateway-cn
    addresses: [loopback]
    targets: ['sip:127.0.0.1:${port}']
    caller-id: { default: '+8653188880000' }
`);
    expect(await checksOf(side, 'gateway', '+8613900000001')).toMatchObject({
      reachability: matching(/^good: .* 200 in \d+ ms$/),
      call: 'good: 183 200',
      codec: 'good: PCMA',
      'early-media': matching(/^good: 183, [1-9]\d* packets/),
      'session-timer': 'fair: none',
      audio: matching(/^good: /),
    });
    const keys = { called: '053188880000', caller: '13900000001' };
    expect(await callFrom('gateway-cn', side, keys)).toMatchObject({
      origin: { type: 'trunk', trunk: 'gateway' },
      ...{ from: '+8613900000001', to: '+8653188880000' },
    });
  });
});

describe('generic', () => {
  it('proves itself when it calls out, and reads who is asserted and who sent the call on', async () => {
    const port = await freePort();
    await sipp({ file: 'trunks/generic-called.xml', calls: 100, port });
    const side = await serverSide(`
trunks:
  west:
    profile: generic
    addresses: [loopback]
    account: { user: us }
    targets: ['sip:127.0.0.1:${port}']
    numbers: { country: US }
    caller-id: { default: '+12125550100' }
`);
    expect(await checksOf(side, 'west', '+12125550123')).toMatchObject({
      reachability: matching(/^good: /),
      call: 'good: 180 200',
      codec: 'good: PCMU',
      'early-media': 'good: none',
      'session-timer': 'good: 1800 s',
      audio: matching(/^good: /),
    });
    expect(await callFrom('generic', side, { called: '+12125550100', caller: 'proxy' })).toMatchObject({
      origin: { type: 'trunk', trunk: 'west' },
      ...{ from: '+12125550123', to: '+12125550100', attestation: 'absent' },
      diversions: [{ number: '+12125550999', reason: 'user-busy' }],
    });
  });
});

describe('a stranger', () => {
  it('with sipp’s own caller script gets nowhere', async () => {
    const side = await serverSide(`trunks: { far: { calls: in, addresses: [192.0.2.1] } }`);
    const keys = { called: '+8653100000', caller: '+8613900000001' };
    const remote = portOf(bench.engine, 'udp');
    const caller = await sipp({ file: 'trunks/gateway-cn-caller.xml', calls: 1, remote, keys });
    const { successful, messages } = await caller.finished();
    expect(successful).toBe(0);
    expect(messages).toContain('SIP/2.0 407');
    expect(side.invites).toEqual([]);
  });
});
