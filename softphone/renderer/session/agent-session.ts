import type { Clock } from '../../../base/clock.ts';
import { Emitter } from '../../../base/emitter.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Result } from '../../../base/result.ts';
import type { DeskCall, DeskCommand } from '../../../protocol/desk.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { AgentSummary, Contact, LoginResult, SipCredentials } from '../../../protocol/rest.ts';
import { DeskFeed } from '../desk/feed.ts';
import type { OpenSocket } from '../desk/feed.ts';
import { lastCallOf } from '../party.ts';
import type { LastCall } from '../party.ts';
import { Camera, cameraProblem, pictureConstraints } from '../phone/camera.ts';
import { closeMicrophone } from '../phone/microphone.ts';
import { Phone } from '../phone/phone.ts';
import type { SessionId } from '../phone/machine.ts';
import type { Peer } from '../phone/session-description.ts';
import { Store } from '../store.ts';
import { CredentialRenewal } from './credentials.ts';

export interface SessionParts {
  readonly login: LoginResult;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openSocket: OpenSocket;
  readonly mint: () => Promise<Result<SipCredentials, Problem>>;
  readonly searchContacts: (text: string) => Promise<Result<readonly Contact[], Problem>>;
  readonly listAgents: () => Promise<Result<readonly AgentSummary[], Problem>>;
  readonly openMicrophone: () => Promise<Result<MediaStream, Problem>>;
  readonly createPeer: () => Peer;
  readonly onRemoteStream: (stream: MediaStream) => void;
  /** Absent: the browser's own. */
  readonly openCamera?: () => Promise<MediaStream>;
}

function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia(pictureConstraints);
}

/** Whether the desk says that this agent's audio belongs to the call: they talk, or have dialled here. */
function hasAudio({ state, dial }: DeskCall): boolean {
  return state === 'talking' || state === 'held' || (state === 'dialling' && dial?.auto === true);
}

/** An agent who has logged in: desk feed, phone and credentials, and the actions that need more than one of them. */
export class AgentSession {
  readonly login: LoginResult;
  readonly feed: DeskFeed;
  readonly phone: Phone;
  readonly camera: Camera;
  /** Set once the server no longer accepts the login. A call in progress goes on. */
  readonly expired = new Store<Problem | undefined>(undefined);
  /** The call that was on the desk last. */
  readonly last = new Store<LastCall | undefined>(undefined);
  readonly problems = new Emitter<Problem>();
  /** A microphone was opened: earlier complaints about it are settled. */
  readonly onMicrophone = new Emitter<undefined>();
  readonly #parts: SessionParts;
  readonly #credentials: CredentialRenewal;
  #microphoneChecked = false;
  #muteMatched: SessionId | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.login = parts.login;
    this.feed = new DeskFeed({
      token: parts.login.token,
      clock: parts.clock,
      logger: parts.logger,
      openSocket: parts.openSocket,
    });
    this.#credentials = new CredentialRenewal({
      clock: parts.clock,
      mint: parts.mint,
      onRenewed: (credentials) => this.phone.renew(credentials),
      onExpired: (problem) => this.expired.set(problem),
    });
    this.phone = new Phone({
      credentials: parts.login.sip,
      clock: parts.clock,
      logger: parts.logger,
      openMicrophone: parts.openMicrophone,
      createPeer: parts.createPeer,
      onRemoteStream: parts.onRemoteStream,
      onCredentialsRefused: () => this.#credentials.renew(),
    });
    this.camera = new Camera({
      open: parts.openCamera ?? openCamera,
      show: (track) => this.phone.setCamera(track),
      failed: (cause) => this.problems.emit(makeProblem(cameraProblem(cause))),
    });
  }

  start(): void {
    this.phone.state.subscribe(() => {
      if (this.phone.state.get().line.type !== 'talking') void this.camera.turn(false);
    });
    this.feed.state.subscribe(() => this.#deskChanged());
    this.phone.state.subscribe(() => this.#matchMute());
    this.feed.problems.on((problem) => this.problems.emit(problem));
    this.phone.problems.on((problem) => this.problems.emit(problem));
    this.phone.networkGone.on(() => this.feed.doubt());
    this.feed.start();
    this.#credentials.keep(this.login.sip.expiresAt);
    // After a reload the saved credentials may be stale; the refusal of the REGISTER would mint new ones too, later.
    if (this.login.sip.expiresAt - this.#parts.clock.now() < 10_000) this.#credentials.renew();
    this.phone.start();
  }

  /** Hangs up, unregisters, closes the sockets. */
  async close(): Promise<void> {
    this.#credentials.close();
    this.feed.close();
    await this.phone.close();
  }

  /** Sends a desk command; its problem, if any, is also shown. */
  async command(command: DeskCommand): Promise<Problem | undefined> {
    const problem = await this.feed.command(command);
    if (problem !== undefined) this.problems.emit(problem);
    return problem;
  }

  /** Goes available, but only with a microphone: an agent who cannot be heard must not be offered calls. */
  async goAvailable(): Promise<void> {
    if (await this.#hasMicrophone()) await this.command({ type: 'go-available' });
  }

  /** Calls a number; the page takes its own audio of that call by itself. */
  async dial(to: string): Promise<void> {
    if (await this.#hasMicrophone()) await this.command({ type: 'dial', to });
  }

  /** Contacts whose name or number holds the text; none when the server cannot say. */
  readonly searchContacts = async (text: string): Promise<readonly Contact[]> => {
    const found = await this.#parts.searchContacts(text);
    return found.ok ? found.value : [];
  };

  /** Everybody at the site and what they do now; nobody when the server cannot say. */
  readonly colleagues = async (): Promise<readonly AgentSummary[]> => {
    const found = await this.#parts.listAgents();
    return found.ok ? found.value : [];
  };

  async #hasMicrophone(): Promise<boolean> {
    // Who wants the desk phone rung speaks into that.
    const onDesk = this.feed.state.get().desk?.phones.ring === 'desk';
    if (this.#microphoneChecked || onDesk) return true;
    const microphone = await this.#parts.openMicrophone();
    if (!microphone.ok) {
      this.problems.emit(microphone.error);
      return false;
    }
    closeMicrophone(microphone.value);
    this.#microphoneChecked = true;
    this.onMicrophone.emit(undefined);
    return true;
  }

  answer(): void {
    if (this.phone.state.get().line.type !== 'ringing') return this.problems.emit(makeProblem('phone-not-ringing'));
    this.phone.post({ type: 'answer-asked' });
  }

  /** Tells the desk; without a desk that listens, refuses the ring itself. */
  async decline(): Promise<void> {
    const { line } = this.phone.state.get();
    const offerId = (line.type === 'ringing' ? line.offerId : undefined) ?? this.#call()?.offerId;
    this.phone.post({ type: 'decline-asked' });
    const problem =
      offerId === undefined ? makeProblem('desk-not-connected') : await this.feed.command({ type: 'decline', offerId });
    if (problem !== undefined) this.phone.post({ type: 'hang-up-asked' });
  }

  /** Asks the desk to end the call; without a desk that listens, hangs up by SIP. */
  async hangUp(): Promise<void> {
    const call = this.#call();
    const problem =
      call === undefined || call.state === 'ended'
        ? makeProblem('desk-not-connected')
        : await this.feed.command({ type: 'hang-up', callId: call.callId });
    if (problem !== undefined) this.phone.post({ type: 'hang-up-asked' });
  }

  /** Cuts the microphone here at once, whatever happens to the command that cuts it in the media graph. */
  async setMuted(muted: boolean): Promise<void> {
    this.phone.post({ type: 'mute-asked', muted });
    const call = this.#call();
    if (call !== undefined) await this.command({ type: 'mute', callId: call.callId, muted });
  }

  async toggleHold(): Promise<void> {
    const call = this.#call();
    if (call?.state === 'talking') await this.command({ type: 'hold', callId: call.callId });
    else if (call?.state === 'held') await this.command({ type: 'resume', callId: call.callId });
  }

  /** Resolves true when the server let the agent go. */
  async signOut(): Promise<boolean> {
    const live = this.feed.state.get().link === 'live';
    return !live || (await this.command({ type: 'sign-out' })) === undefined;
  }

  #call(): DeskCall | undefined {
    return this.feed.state.get().desk?.call ?? undefined;
  }

  #deskChanged(): void {
    const { link, desk, refused } = this.feed.state.get();
    if (refused !== undefined) return this.expired.set(refused);
    if (link !== 'live' || desk === undefined) return;
    const call = desk.call;
    const last = call === null ? undefined : lastCallOf(call);
    if (last !== undefined) this.last.set(last);
    this.camera.setPaused(call?.video === 'paused');
    const inProgress = call !== null && hasAudio(call);
    this.phone.post({ type: 'desk-told', ...(inProgress ? { offerId: call.offerId } : {}) });
  }

  /** A page that was loaded again finds a call muted at the desk: its microphone starts muted too. */
  #matchMute(): void {
    const { line } = this.phone.state.get();
    if (line.type !== 'talking' || line.resume === undefined || line.session === this.#muteMatched) return;
    this.#muteMatched = line.session;
    if (this.#call()?.muted === true) this.phone.post({ type: 'mute-asked', muted: true });
  }
}
