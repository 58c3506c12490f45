/** Callers who behave: INVITE repeated as RFC 3261 has it until it is answered, ACK, and BYE when the site says so. */
import { random, type RawPeer, testSdp, udpPeer } from '../sip/raw-peer.ts';
import type { RawMessage } from '../sip/raw-message.ts';

/** RFC 3261 section 17.1.1.2: timer A doubles from T1 on, timer B is 64 * T1. */
const t1 = 500;
/** Who is patient asks so often at least. */
const longestPause = 4000;

export class GoodCalls {
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #called: string;
  /** When a caller gives up, ms; Infinity: never, for tests that must hold on a machine where all takes long. */
  readonly #givesUpAfter: number;
  readonly #open: Promise<void>[] = [];
  /** From the first INVITE to the 200, ms, of each call that was set up. */
  readonly setUpMs: number[] = [];
  readonly failed: string[] = [];
  #closed = false;

  private constructor(peer: RawPeer, port: number, called: string, givesUpAfter: number) {
    this.#givesUpAfter = givesUpAfter;
    this.#peer = peer;
    this.#port = port;
    this.#called = called;
  }

  /** Callers at one port, who call `called` at the site's UDP port. */
  static async open(port: number, called: string, givesUpAfter = 64 * t1): Promise<GoodCalls> {
    const calls = new GoodCalls(await udpPeer(), port, called, givesUpAfter);
    void calls.#goodbyes();
    return calls;
  }

  /** Begins a call. */
  place(): void {
    this.#open.push(this.#call());
  }

  /** Places a call every `ms` until told to stop; resolves when all of them are set up or have failed. */
  async keepPlacing(ms: number, until: Promise<unknown>): Promise<void> {
    const timer = setInterval(() => this.place(), ms);
    await until;
    clearInterval(timer);
    await this.settled();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#peer.close();
  }

  async #call(): Promise<void> {
    const began = performance.now();
    const uri = `sip:${this.#called}@127.0.0.1:${String(this.#port)}`;
    const from = `<sip:+861390000${String(1000 + this.#open.length)}@127.0.0.1:${String(this.#peer.wire.port)}>;tag=${random()}`;
    const invite = this.#peer.send('INVITE', this.#port, { uri, from, body: testSdp });
    const branch = invite.header('Via');
    const final = this.#peer.next(
      (message) => message.status >= 200 && message.header('Via').startsWith(branch.split(';rport')[0] ?? branch),
    );
    const answer = await this.#untilAnswered(invite, final);
    if (answer?.status !== 200) {
      this.failed.push(answer === undefined ? 'no answer' : answer.start);
      return;
    }
    this.setUpMs.push(performance.now() - began);
    this.#peer.inDialog('ACK', this.#port, invite, answer);
  }

  #untilAnswered(invite: RawMessage, final: Promise<RawMessage>): Promise<RawMessage | undefined> {
    return new Promise((resolve) => {
      let timerA: NodeJS.Timeout;
      const repeat = (after: number): void => {
        timerA = setTimeout(() => {
          this.#peer.raw(invite.text, this.#port);
          repeat(Math.min(after * 2, longestPause));
        }, after);
      };
      repeat(t1);
      const timerB =
        this.#givesUpAfter === Infinity ? undefined : setTimeout(() => done(undefined), this.#givesUpAfter);
      const done = (answer: RawMessage | undefined): void => {
        clearTimeout(timerA);
        clearTimeout(timerB);
        resolve(answer);
      };
      void final.then(done);
    });
  }

  async #goodbyes(): Promise<void> {
    while (!this.#closed) this.#peer.answer(await this.#peer.request('BYE'), '200 OK');
  }
}
