/** An agent with a desk phone at a UDP port, written by hand: registers, is available, takes every call, and talks. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type DeskRequest, deskFrame } from '../../../protocol/desk.ts';
import { deviceCredentials, type DeviceCredentials, loginResult } from '../../../protocol/rest.ts';
import { RtpPeer } from '../rtp-peer.ts';
import { random, type RawPeer, udpPeer } from '../sip/raw-peer.ts';
import type { TestSite } from '../site.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** An Authorization header for a challenge with MD5 (RFC 2617 section 3.2.2). */
function authorization({ username, password, domain }: DeviceCredentials, challenge: string, uri: string): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const cnonce = random();
  const secret = `${md5(`${username}:${domain}:${password}`)}:${nonce}:00000001:${cnonce}:auth:${md5(`REGISTER:${uri}`)}`;
  return (
    `Authorization: Digest username="${username}", realm="${domain}", nonce="${nonce}", uri="${uri}", ` +
    `response="${md5(secret)}", algorithm=MD5, qop=auth, nc=00000001, cnonce="${cnonce}"`
  );
}

export class DeskPhone {
  readonly rtp: RtpPeer;
  readonly #site: TestSite;
  readonly #desk: WebSocket;
  readonly #peer: RawPeer;
  readonly #device: DeviceCredentials;
  readonly #callId = random();
  #cseq = 0;
  #closed = false;

  private constructor(site: TestSite, desk: WebSocket, peer: RawPeer, rtp: RtpPeer, device: DeviceCredentials) {
    this.#site = site;
    this.#desk = desk;
    this.#peer = peer;
    this.rtp = rtp;
    this.#device = device;
  }

  /** Resolves when the agent may be offered calls. */
  static async open(site: TestSite, agent: string): Promise<DeskPhone> {
    const made = await site.command('agent', 'device', 'add', agent, '--json');
    const device = deviceCredentials.parse(JSON.parse(made.stdout));
    const { login, password } = site.loginOf(agent);
    const { token, deskPath } = loginResult.parse(
      (await site.api('POST', '/api/v1/login', { name: login, password })).body,
    );
    const desk = new WebSocket(`ws://127.0.0.1:${String(site.config.http.port)}${deskPath}`);
    await once(desk, 'open');
    const phone = new DeskPhone(site, desk, await udpPeer(), await RtpPeer.open(), device);
    await phone.register();
    const say = (request: DeskRequest): void => desk.send(JSON.stringify(request));
    const available = new Promise<void>((resolve) => {
      desk.on('message', (bytes) => {
        const frame = deskFrame.parse(JSON.parse(String(bytes)));
        if (frame.type === 'event' && frame.event.type === 'agent-changed') resolve();
      });
    });
    say({ type: 'hello', token });
    say({ type: 'command', id: 1, command: { type: 'go-available' } });
    await available;
    void phone.#takeCalls();
    return phone;
  }

  /** Registers (again); resolves when that is accepted. Sent again every half second, as RFC 3261 has it. */
  async register(): Promise<void> {
    const { username, domain } = this.#device;
    const aor = `sip:${username}@${domain}`;
    const uri = `sip:${domain}`;
    const ask = async (headers: readonly string[], ...wanted: readonly number[]) => {
      const cseq = ++this.#cseq;
      const facts = {
        uri,
        from: `<${aor}>;tag=1`,
        to: `<${aor}>`,
        callId: this.#callId,
        cseq,
        branch: `z9hG4bK${random()}`,
      };
      const send = (): void =>
        void this.#peer.send('REGISTER', this.#site.sipPort, { ...facts, headers: ['Expires: 600', ...headers] });
      send();
      const again = setInterval(send, 500);
      const answer = await this.#peer.next(
        ({ status, header }) => wanted.includes(status) && header('CSeq') === `${String(cseq)} REGISTER`,
      );
      clearInterval(again);
      return answer;
    };
    const challenges = (await ask([], 401)).headers('WWW-Authenticate');
    const md5Challenge = challenges.find((each) => each.includes('MD5')) ?? challenges[0] ?? '';
    await ask([authorization(this.#device, md5Challenge, uri)], 200);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#desk.terminate();
    this.rtp.close();
    await this.#peer.close();
  }

  async #takeCalls(): Promise<void> {
    while (!this.#closed) {
      const invite = await this.#peer.request('INVITE');
      this.rtp.aim(invite.body);
      this.#peer.answer(invite, '200 OK', { tag: random(), body: this.rtp.sdp() });
    }
  }
}
