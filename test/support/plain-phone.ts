/** A phone that says what a test wants, when it wants: also hold and resume by re-INVITE, again and again until answered. */
import { RtpPeer } from './rtp-peer.ts';
import { random, udpPeer } from './sip/raw-peer.ts';
import type { RawPeer } from './sip/raw-peer.ts';
import type { RawMessage } from './sip/raw-message.ts';
import { CallStory, nextNumber } from './talks.ts';
import type { TestSite } from './site.ts';
import { waited } from './until.ts';

/** A request without an answer goes out again after this time, as RFC 3261 has it with T1 = 200 ms. */
const againMs = 200;

export class PlainPhone extends CallStory {
  readonly rtp: RtpPeer;
  readonly #heardBye: Promise<number>;
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #quiet = new AbortController();
  #invite: RawMessage | undefined;
  #answer: RawMessage | undefined;
  #cseq = 1;
  /** CSeq of the re-INVITEs that were answered: those that come again are not new ones. */
  readonly #reinvited = new Set<string>();

  private constructor(peer: RawPeer, rtp: RtpPeer, site: TestSite) {
    super(nextNumber(), site);
    this.#peer = peer;
    this.rtp = rtp;
    this.#port = site.sipPort;
    this.#heardBye = peer
      .coming(({ method }) => method === 'BYE')
      .then((bye) => {
        peer.answer(bye, '200 OK');
        return Date.now();
      });
  }

  /** Resolves with the moment (ms since the epoch) at which the far side said BYE. */
  get heardBye(): Promise<number> {
    return waited(this.#heardBye);
  }

  /**
   * Calls the demo number (or another) and presses `digits`; resolves when it is answered and they are pressed. Then it sends
   * silence, unless it is to be `mute`: the test speaks for it.
   */
  static async dial(site: TestSite, digits = '1', called = '+8653100000', mute = false): Promise<PlainPhone> {
    const phone = new PlainPhone(await udpPeer(), await RtpPeer.open(), site);
    await phone.#start(digits, called, mute);
    return phone;
  }

  /** Holds (or resumes) by re-INVITE; resolves with the answer's SDP. */
  async hold(held: boolean): Promise<string> {
    const answer = await this.#ask('INVITE', this.rtp.sdp(held ? 'sendonly' : 'sendrecv'));
    this.#inDialog('ACK', this.#cseq);
    return answer.body;
  }

  /** What the far side described in its answer to our INVITE. */
  get described(): string {
    return this.#answer?.body ?? '';
  }

  /** Waits for the far side's next re-INVITE, gives it this answer, follows its offer if that is 200, and resolves with the offer. */
  async reinvited(status: `${number} ${string}`): Promise<string> {
    const reinvite = await this.#peer.next(
      (message) => message.method === 'INVITE' && !this.#reinvited.has(message.header('CSeq')),
    );
    this.#reinvited.add(reinvite.header('CSeq'));
    const takes = status.startsWith('200');
    this.#peer.answer(reinvite, status, takes ? { body: this.rtp.sdp() } : {});
    if (takes) this.rtp.aim(reinvite.body);
    return reinvite.body;
  }

  /** Says BYE; resolves when it is answered. */
  async bye(): Promise<void> {
    await this.#ask('BYE');
  }

  close(): Promise<void> {
    this.#quiet.abort();
    this.rtp.close();
    return this.#peer.close();
  }

  async #start(digits: string, called: string, mute: boolean): Promise<void> {
    const { contact } = this.#peer;
    const from = `<${contact.replace('peer@', `${this.number}@`)}>;tag=${random()}`;
    const uri = `sip:${called}@127.0.0.1:${this.#port}`;
    this.#invite = this.#peer.send('INVITE', this.#port, { uri, from, body: this.rtp.sdp() });
    this.#answer = await this.#peer.response(200, 'INVITE');
    this.#inDialog('ACK', 1);
    this.rtp.aim(this.#answer.body);
    await this.rtp.hear(10);
    for (const digit of digits) await this.rtp.press(digit);
    if (!mute) void this.rtp.talk(new Int16Array(8000 * 600), this.#quiet.signal);
  }

  #inDialog(method: string, cseq: number, body?: string, branch = `z9hG4bK${random()}`): void {
    if (this.#invite === undefined || this.#answer === undefined) throw new Error('there is no call yet');
    const facts = { cseq, branch, ...(body === undefined ? {} : { body }) };
    this.#peer.inDialog(method, this.#port, this.#invite, this.#answer, facts);
  }

  /** Sends a request until its final answer comes, which has to be 200. */
  async #ask(method: string, body?: string): Promise<RawMessage> {
    const cseq = ++this.#cseq;
    const branch = `z9hG4bK${random()}`;
    const send = (): void => this.#inDialog(method, cseq, body, branch);
    send();
    const again = setInterval(send, againMs);
    const answer = await this.#peer.next(
      (message) => message.status >= 200 && message.header('CSeq') === `${cseq} ${method}`,
    );
    clearInterval(again);
    if (answer.status !== 200) throw new Error(`${method} got ${answer.start}`);
    return answer;
  }
}
