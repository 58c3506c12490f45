/** What one desk phone wants of its audio: in what it is offered, in what its calls are answered under, and after a restart. */
import { afterEach, describe, expect, it } from 'vitest';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import { type Remembered, usualDeviceSettings, type PhonePolicies } from '../../server/sip/index.ts';
import { registerPeer, testAccount } from '../support/sip/registering.ts';
import { startServerSide, type ServerSide } from '../support/sip/server-side.ts';
import { portOf, useBench } from '../support/sip/target.ts';
import { testSdp } from '../support/sip/raw-peer.ts';
import { until } from '../support/until.ts';

const bench = useBench({
  listen: (['udp', 'tcp'] as const).map((protocol) => ({ protocol, host: '127.0.0.1', port: 0 })),
});
const accounts = [testAccount('bob-desk', 'bob', 'desk'), testAccount('bob-door', 'bob', 'door')];
const all: LegPolicy = { codecs: ['PCMA', 'PCMU'] };
const door: LegPolicy = { codecs: ['PCMU'], ice: 'offered', srtp: 'optional' };
const phones: PhonePolicies = {
  of: ({ device }) => (device === 'door' ? door : all),
  some: (holds) => [all, door].some(holds),
};

const offer = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'a=ice-lite'],
  ...['m=audio 4000 RTP/AVP 0 8', 'a=ice-ufrag:ours', 'a=candidate:1 1 UDP 1 127.0.0.1 4000 typ host'],
  ...['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x', ''],
].join('\r\n');

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function siteOf(remembered?: Remembered): Promise<ServerSide> {
  const options = {
    phones,
    accountOf: (username: string) => accounts.find((account) => account.username === username),
    devices: { ...usualDeviceSettings, pingEveryInSeconds: 0 },
  };
  const side = await startServerSide(
    bench.engine,
    options,
    { trunks: new Map(), outbound: [] },
    (sip, { legId }) => sip.answer(legId, testSdp),
    remembered,
  );
  closers.push(() => side.sip.close());
  return side;
}

async function registered(side: ServerSide, name: 'desk' | 'door') {
  const phone = await bench.tcp();
  await registerPeer(phone, bench.engine, { username: `bob-${name}` });
  await until(() => side.sip.devicesOf('bob').some(({ device }) => device === name));
  const deviceId = side.sip.devicesOf('bob').find(({ device }) => device === name)?.id ?? '';
  return { phone, deviceId };
}

describe('two phones of one agent', () => {
  it('are each offered what they want, and nothing else', async () => {
    const side = await siteOf();
    expect(side.sip.audioOf('before.x1')).toEqual({ srtp: 'optional', ice: 'offered' });
    const offers = new Map<string, string>();
    for (const name of ['desk', 'door'] as const) {
      const { phone, deviceId } = await registered(side, name);
      const [legId, callId] = [`${name}.x1`, name];
      const destination = { type: 'agent', agentId: 'bob', offerId: 'o1', deviceId } as const;
      side.sip.invite({ legId, callId, destination, sdp: offer, from: '+8613800138000' });
      const invite = await phone.request('INVITE');
      offers.set(name, invite.body);
      expect(side.sip.audioOf(legId)).toEqual(name === 'door' ? door : all);
      phone.answer(invite, '486 Busy Here', { tag: 'x' });
      await phone.request('ACK');
    }
    expect(offers.get('desk')).toMatch(/^m=audio 4000 RTP\/AVP 8 0\r$/m);
    expect(offers.get('desk')).not.toMatch(/^a=(ice|candidate|crypto)/m);
    expect(offers.get('door')).toMatch(/^m=audio 4000 RTP\/AVP 0\r$/m);
    for (const line of ['a=ice-lite', 'a=ice-ufrag:ours', 'a=candidate:1', 'a=crypto:1'])
      expect(offers.get('door')).toContain(line);
  });

  it('are known when they call, also after a restart', async () => {
    const side = await siteOf();
    const { phone } = await registered(side, 'door');
    const invited = side.invited();
    const invite = phone.send('INVITE', portOf(bench.engine, 'tcp'), { body: testSdp });
    const { legId } = await invited;
    expect(side.sip.audioOf(legId)).toEqual(door);
    const answer = await phone.response(200, 'INVITE');
    phone.inDialog('ACK', portOf(bench.engine, 'tcp'), invite, answer);
    await side.event('leg-confirmed');
    const dialog = side.dialogs.get(legId);
    expect(dialog?.device).toEqual({ agentId: 'bob', device: 'door' });
    side.sip.close();
    // As it is kept on the disk.
    const kept = JSON.parse(JSON.stringify([{ legId, dialog }])) as Remembered['dialogs'];
    const next = await siteOf({ dialogs: kept, bindings: [] });
    expect(next.sip.audioOf(legId)).toEqual(door);
  });
});
