/** Who gets past the door: raw peers against the server's SIP side on a real engine. */
import { describe, expect, it } from 'vitest';
import type { TrunkPlan } from '../../server/sip/index.ts';
import { expectedResponse, ha1Of } from '../../server/sip/digest.ts';
import type { RawMessage } from '../support/sip/raw-message.ts';
import { type RawPeer, testSdp } from '../support/sip/raw-peer.ts';
import { startServerSide } from '../support/sip/server-side.ts';
import { trunksOf } from '../support/sip/trunk-plans.ts';
import { portOf, useBench } from '../support/sip/target.ts';

const bench = useBench();
const loopbackTrunk = trunksOf('trunks: { demo: { calls: in, addresses: [loopback] } }');

async function serverSide(plan?: TrunkPlan) {
  const side = await startServerSide(bench.engine, {}, plan);
  bench.later(() => side.sip.close());
  return side;
}

/** The header with which `name` answers a challenge of the server. */
function credentials(challenge: string, name: string, password: string, method: string, header: string): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const parts = { username: name, realm: 'jackfield.local', nonce, uri: 'sip:1000@site', qop: 'auth', nc: '00000001' };
  const answer = { ...parts, cnonce: 'abc' };
  const ha1 = ha1Of('md5', name, parts.realm, password);
  const response = expectedResponse(answer, method, 'md5', ha1);
  const { qop, nc, ...quoted } = { ...answer, response };
  const text = Object.entries(quoted).map(([key, value]) => `${key}="${value}"`);
  return `${header}: Digest ${[...text, `qop=${qop}`, `nc=${nc}`].join(', ')}`;
}

function invite(peer: RawPeer, port: number, number: string, headers: readonly string[] = []): RawMessage {
  return peer.send('INVITE', port, { uri: `sip:${number}@127.0.0.1`, body: testSdp, headers });
}

/** The final answer to an INVITE, acknowledged. */
async function answerTo(peer: RawPeer, port: number, request: RawMessage): Promise<RawMessage> {
  const answer = await peer.next(
    (message) => message.status >= 200 && message.header('Call-ID') === request.header('Call-ID'),
  );
  const branch = /branch=([^;]+)/.exec(request.header('Via'))?.[1] ?? '';
  peer.send('ACK', port, {
    ...{ uri: request.start.split(' ')[1] ?? '', callId: request.header('Call-ID'), branch },
    ...{ from: request.header('From'), to: answer.header('To') },
  });
  return answer;
}

describe('an INVITE from nobody we know', () => {
  it('reaches no route and is answered alike whatever it calls', async () => {
    const side = await serverSide();
    const port = portOf(bench.engine, 'udp');
    const peer = await bench.udp();
    const shapes = new Set<string>();
    for (const number of ['+8653100000', '4711', 'alice', '0000000']) {
      const answer = await answerTo(peer, port, invite(peer, port, number));
      expect(answer.status).toBe(407);
      const said = answer.header('Proxy-Authenticate');
      const refused = await answerTo(
        peer,
        port,
        invite(peer, port, number, [credentials(said, number, 'guess', 'INVITE', 'Proxy-Authorization')]),
      );
      const variable = /^(?:Via|From|To|Call-ID|CSeq):.*$/gm;
      shapes.add(`${refused.text.replace(variable, '')}`);
      expect(refused.status).toBe(403);
    }
    expect(shapes.size).toBe(1);
    expect(side.invites).toEqual([]);
  });
});

describe('an INVITE from somebody known', () => {
  it('comes from a trunk by its address', async () => {
    const side = await serverSide(loopbackTrunk);
    const port = portOf(bench.engine, 'udp');
    const peer = await bench.udp();
    const answer = await answerTo(peer, port, invite(peer, port, '+8653100000'));
    expect(answer.status).toBe(404);
    expect(side.invites).toMatchObject([{ origin: { type: 'trunk', trunk: 'demo' }, to: '+8653100000' }]);
  });

  it('comes from an agent on the connection of the registration, even at the address of a trunk', async () => {
    const side = await serverSide(loopbackTrunk);
    const minted = side.sip.mint('alice', Date.now() + 60_000);
    const phone = await bench.ws('alice');
    const register = (headers: readonly string[]) => {
      phone.send('REGISTER', 0, { uri: 'sip:jackfield.local', to: '<sip:alice@jackfield.local>', headers });
    };
    register(['Expires: 60']);
    const challenge = (await phone.response(401)).header('WWW-Authenticate');
    const proof = credentials(challenge, minted.username, minted.password, 'REGISTER', 'Authorization');
    register(['Expires: 60', proof]);
    await phone.response(200, 'REGISTER');
    await answerTo(phone, 0, invite(phone, 0, '+8613800138000'));
    const other = await bench.ws('bob');
    const refused = await answerTo(other, 0, invite(other, 0, '+8613800138000'));
    expect(refused.status, 'a page at the address of a trunk is not the trunk').toBe(407);
    expect(side.invites.map(({ origin }) => origin)).toEqual([{ type: 'agent', agentId: 'alice' }]);
  });

  it('comes from a guest by a pass: one call, which may register nothing', async () => {
    const side = await serverSide(loopbackTrunk);
    const wanted = { route: 'main', video: false, name: 'Ann' };
    const pass = side.sip.guests.mint(wanted, Date.now() + 60_000, Date.now());
    const page = await bench.ws('guest');
    const proven = async (method: 'REGISTER' | 'INVITE', header: string, challenge: string) =>
      credentials((await challenged(method)).header(challenge), pass.username, pass.password, method, header);
    const challenged = (method: 'REGISTER' | 'INVITE'): Promise<RawMessage> => {
      if (method === 'INVITE') return answerTo(page, 0, invite(page, 0, '4711'));
      page.send('REGISTER', 0, { uri: 'sip:jackfield.local', to: `<sip:${pass.username}@jackfield.local>` });
      return page.response(401);
    };
    const headers = [await proven('REGISTER', 'Authorization', 'WWW-Authenticate')];
    page.send('REGISTER', 0, { uri: 'sip:jackfield.local', to: `<sip:${pass.username}@jackfield.local>`, headers });
    await page.response(403, 'REGISTER');
    const proof = await proven('INVITE', 'Proxy-Authorization', 'Proxy-Authenticate');
    await answerTo(page, 0, invite(page, 0, '4711', [proof]));
    expect(side.invites).toMatchObject([{ origin: { type: 'guest', pass: wanted }, from: 'anonymous' }]);
    const again = await proven('INVITE', 'Proxy-Authorization', 'Proxy-Authenticate');
    expect((await answerTo(page, 0, invite(page, 0, '4711', [again]))).status).toBe(403);
    expect(side.invites).toHaveLength(1);
  });

  it('comes from an agent by digest', async () => {
    const side = await serverSide();
    const port = portOf(bench.engine, 'udp');
    const minted = side.sip.mint('alice', Date.now() + 60_000);
    const peer = await bench.udp();
    const challenge = (await answerTo(peer, port, invite(peer, port, '1000'))).header('Proxy-Authenticate');
    const proof = credentials(challenge, minted.username, minted.password, 'INVITE', 'Proxy-Authorization');
    expect((await answerTo(peer, port, invite(peer, port, '1000', [proof]))).status).toBe(404);
    expect(side.invites).toMatchObject([{ origin: { type: 'agent', agentId: 'alice' } }]);
  });
});
