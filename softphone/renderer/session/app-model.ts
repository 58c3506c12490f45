import { systemClock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { LoginResult } from '../../../protocol/rest.ts';
import { RestClient } from '../api/rest-client.ts';
import { forgetLogin, savedLogin, saveLogin } from '../api/saved-login.ts';
import { browserSocket } from '../desk/feed.ts';
import { browserAudio, openMicrophone } from '../phone/microphone.ts';
import { RingTone } from '../phone/ring-tone.ts';
import { browserPeer } from '../phone/session-description.ts';
import { Store } from '../store.ts';
import { AgentSession } from './agent-session.ts';

/** What the page shows: the login, or a desk. */
export type Screen =
  | { readonly type: 'login'; readonly busy: boolean; readonly problem?: Problem }
  | { readonly type: 'desk'; readonly session: AgentSession };

const mostNotices = 4;

/** The page's one object: who is logged in, and what is to be said to them. */
export class AppModel {
  readonly screen = new Store<Screen>({ type: 'login', busy: false });
  readonly notices = new Store<readonly Problem[]>([]);
  readonly ringTone = new RingTone();
  readonly #logger: Logger;
  readonly #rest = new RestClient(window.location.origin);

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Goes on with the login this tab had before a reload, if there is one. */
  start(): void {
    if (!browserAudio().secure) this.notice(makeProblem('page-not-secure', { server: window.location.origin }));
    const login = savedLogin(window.sessionStorage, systemClock.now());
    if (login !== undefined) this.#open(login);
  }

  async login(name: string, password: string): Promise<void> {
    this.ringTone.unlock();
    this.screen.set({ type: 'login', busy: true });
    const result = await this.#rest.login(name, password);
    if (!result.ok) return this.screen.set({ type: 'login', busy: false, problem: result.error });
    saveLogin(window.sessionStorage, result.value);
    this.#open(result.value);
  }

  /** Back to the login form. `problem` says why, if it was not the agent's wish. */
  async leave(problem?: Problem): Promise<void> {
    const screen = this.screen.get();
    forgetLogin(window.sessionStorage);
    this.notices.set([]);
    this.screen.set({ type: 'login', busy: false, ...(problem === undefined ? {} : { problem }) });
    if (screen.type === 'desk') await screen.session.close();
  }

  /** Shows a problem until it is dismissed; the same one is not shown twice. */
  notice(problem: Problem): void {
    const others = this.notices.get().filter((each) => each.code !== problem.code);
    this.notices.set([...others, problem].slice(-mostNotices));
  }

  dismiss(code: string): void {
    this.notices.set(this.notices.get().filter((each) => each.code !== code));
  }

  #open(login: LoginResult): void {
    const session = new AgentSession({
      login,
      clock: systemClock,
      logger: this.#logger,
      openSocket: browserSocket(deskAddress(login.deskPath)),
      mint: () => this.#rest.renewSipCredentials(login.token),
      searchContacts: (text) => this.#rest.searchContacts(login.token, text),
      listAgents: () => this.#rest.listAgents(login.token),
      openMicrophone: () => openMicrophone(browserAudio()),
      createPeer: browserPeer,
      onRemoteStream: (stream) => this.#play(stream),
    });
    session.problems.on((problem) => this.notice(problem));
    session.onMicrophone.on(() => this.#microphoneWorks());
    session.start();
    this.screen.set({ type: 'desk', session });
  }

  #microphoneWorks(): void {
    const others = this.notices.get().filter((each) => !each.code.startsWith('microphone-'));
    this.notices.set(others);
  }

  #play(stream: MediaStream): void {
    const audio = document.getElementById('remote-audio');
    if (!(audio instanceof HTMLAudioElement)) return;
    audio.srcObject = stream;
    audio.play().catch((cause: unknown) => {
      this.#logger.warn({ err: cause }, 'the browser does not play the call before the agent does something');
      // A page that was loaded again and answered by itself has not been touched yet.
      window.addEventListener('keydown', () => void audio.play().catch(() => undefined), { once: true });
      window.addEventListener('pointerdown', () => void audio.play().catch(() => undefined), { once: true });
    });
  }
}

function deskAddress(path: string): string {
  const address = new URL(path, window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}
