/** An agent for benches: logged in, registered over WebSocket, available; its phone rings and is never answered. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Emitter } from '../base/emitter.ts';
import { type DeskEvent, deskFrame, type DeskRequest } from '../protocol/desk.ts';
import { loginResult, type SipCredentials } from '../protocol/rest.ts';
import { type RawPeer, webSocketPeer } from '../test/support/sip/raw-peer.ts';
import type { TestSite } from '../test/support/site.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** An Authorization header for a challenge (RFC 2617 section 3.2.2). */
function authorization({ username, password, realm }: SipCredentials, challenge: string, uri: string): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)?.[1] ?? '';
  const cnonce = randomBytes(8).toString('hex');
  const secret = `${md5(`${username}:${realm}:${password}`)}:${nonce}:00000001:${cnonce}:auth:${md5(`REGISTER:${uri}`)}`;
  return (
    `Authorization: Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${md5(secret)}", algorithm=MD5, qop=auth, nc=00000001, cnonce="${cnonce}"`
  );
}

export class AgentPhone {
  /** What the desk shows, with the moment the frame came (performance.now()). */
  readonly desk = new Emitter<{ readonly at: number; readonly event: DeskEvent }>();
  /** INVITEs at the phone, with the moment they came. */
  readonly rings = new Emitter<{ readonly at: number }>();
  readonly #desk: WebSocket;
  readonly #phone: RawPeer;
  #closed = false;

  private constructor(desk: WebSocket, phone: RawPeer) {
    this.#desk = desk;
    this.#phone = phone;
    desk.on('message', (bytes) => {
      const at = performance.now();
      const frame = deskFrame.parse(JSON.parse(String(bytes)));
      if (frame.type === 'event') this.desk.emit({ at, event: frame.event });
    });
  }

  /** Resolves when the agent may be offered calls. */
  static async open(site: TestSite, agent: string): Promise<AgentPhone> {
    const { login, password } = site.loginOf(agent);
    const { token, deskPath, sip } = loginResult.parse(
      (await site.api('POST', '/api/v1/login', { name: login, password })).body,
    );
    const desk = new WebSocket(`ws://127.0.0.1:${site.config.http.port}${deskPath}`);
    await once(desk, 'open');
    const phone = await webSocketPeer(sip.webSocketUrl, agent);
    const opened = new AgentPhone(desk, phone);
    await opened.#register(sip);
    const available = opened.event(({ type }) => type === 'agent-changed');
    opened.#say({ type: 'hello', token });
    opened.#say({ type: 'command', id: 1, command: { type: 'go-available' } });
    await available;
    void opened.#ringForever();
    return opened;
  }

  /** The next event that matches, with the moment it came. */
  event(matches: (event: DeskEvent) => boolean): Promise<{ readonly at: number; readonly event: DeskEvent }> {
    return new Promise((resolve) => {
      const stop = this.desk.on((came) => {
        if (!matches(came.event)) return;
        stop();
        resolve(came);
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#desk.terminate();
    await this.#phone.close();
  }

  #say(request: DeskRequest): void {
    this.#desk.send(JSON.stringify(request));
  }

  async #register(sip: SipCredentials): Promise<void> {
    const uri = `sip:${sip.aor.split('@')[1] ?? ''}`;
    const facts = { uri, from: `<${sip.aor}>;tag=1`, to: `<${sip.aor}>`, callId: randomBytes(8).toString('hex') };
    this.#phone.send('REGISTER', 0, { ...facts, cseq: 1, headers: ['Expires: 600'] });
    const challenge = (await this.#phone.response(401, 'REGISTER')).header('WWW-Authenticate');
    const headers = ['Expires: 600', authorization(sip, challenge, uri)];
    this.#phone.send('REGISTER', 0, { ...facts, cseq: 2, headers });
    await this.#phone.response(200, 'REGISTER');
  }

  /** 180 to every INVITE, 487 after its CANCEL. One offer at a time: that is all an agent gets. */
  async #ringForever(): Promise<void> {
    while (!this.#closed) {
      const invite = await this.#phone.request('INVITE');
      this.rings.emit({ at: performance.now() });
      const tag = randomBytes(6).toString('hex');
      this.#phone.answer(invite, '180 Ringing', { tag });
      const cancel = await this.#phone.request('CANCEL');
      this.#phone.answer(cancel, '200 OK', { tag });
      this.#phone.answer(invite, '487 Request Terminated', { tag });
      // All that was said is forgotten, or looking for the next message would take ever longer.
      this.#phone.seen.length = 0;
    }
  }
}
