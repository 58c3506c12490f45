import { Inviter, UserAgent, UserAgentState } from 'sip.js';
import type { Invitation, Session } from 'sip.js';
import { assertNever } from '../../../base/assert-never.ts';
import type { Cancel, Clock } from '../../../base/clock.ts';
import { Emitter } from '../../../base/emitter.ts';
import type { Logger } from '../../../base/logger.ts';
import { Mailbox } from '../../../base/mailbox.ts';
import type { Result } from '../../../base/result.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { SipCredentials } from '../../../protocol/rest.ts';
import { Store } from '../store.ts';
import { inviteFacts } from './invite-headers.ts';
import { initialPhone, liveSession, phoneTransition } from './machine.ts';
import type { PhoneEffect, PhoneEvent, PhoneState, SessionId } from './machine.ts';
import type { Heard } from './network-watch.ts';
import { browserNetworkChanges, NetworkWatcher } from './network-watcher.ts';
import { Registration } from './registration.ts';
import { ServerOfferedMedia } from './session-description.ts';
import type { Peer } from './session-description.ts';
import { Sessions } from './sessions.ts';
import { SipConnection } from './sip-connection.ts';
import { agentOptions } from './user-agent-options.ts';

export interface PhoneParts {
  readonly credentials: SipCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openMicrophone: () => Promise<Result<MediaStream, Problem>>;
  readonly createPeer: () => Peer;
  readonly onRemoteStream: (stream: MediaStream) => void;
  /** The registrar refuses the credentials: the owner mints new ones and calls `renew`. */
  readonly onCredentialsRefused: () => void;
}

/** Runs the phone machine on SIP.js: signalling by SIP.js, media by `ServerOfferedMedia`. */
export class Phone {
  readonly state = new Store<PhoneState>(initialPhone);
  readonly problems = new Emitter<Problem>();
  /** The phone takes the page's network for gone, and connects anew. */
  readonly networkGone = new Emitter<undefined>();
  /** What the far side shows, while there is a call with a picture. */
  readonly picture = new Store<MediaStream | undefined>(undefined);
  readonly #parts: PhoneParts;
  readonly #box: Mailbox<PhoneEvent>;
  readonly #agent: UserAgent;
  readonly #registration: Registration;
  readonly #sessions: Sessions;
  readonly #connection: SipConnection;
  readonly #network: NetworkWatcher;
  #retry: Cancel = () => undefined;

  constructor(parts: PhoneParts) {
    this.#parts = parts;
    this.#box = new Mailbox((event) => this.#step(event));
    this.#sessions = new Sessions((event) => this.#box.post(event), parts.clock);
    this.#agent = new UserAgent(
      agentOptions(parts.credentials, parts.logger, {
        mediaOf: (session) => this.#mediaFor(session),
        onInvite: (invitation) => this.#invited(invitation),
        onConnect: () => this.#connected(),
        onDisconnect: () => this.#box.post({ type: 'socket-closed' }),
      }),
    );
    this.#connection = new SipConnection(this.#agent, parts.logger, () => this.#network.answered());
    this.#network = new NetworkWatcher({
      clock: parts.clock,
      heard: () => this.#heard(),
      ask: () => this.#connection.ask(),
      connectAnew: () => this.#connectAnew(),
      onNetworkChange: browserNetworkChanges,
    });
    this.#registration = new Registration(this.#agent, (event) => this.#box.post(event));
  }

  /** Hands an event of the page (answer, mute, what the desk says ...) to the machine. */
  post(event: PhoneEvent): void {
    this.#box.post(event);
  }

  /** What the far side of the call is shown; null for nothing. */
  setCamera(track: MediaStreamTrack | null): void {
    const session = liveSession(this.state.get().line);
    // A call that is just ending shows nothing anyway.
    if (session !== undefined)
      this.#sessions
        .media(session)
        ?.setCamera(track)
        .catch(() => undefined);
  }

  start(): void {
    this.#box.post({ type: 'started' });
    this.#network.start();
  }

  /** New credentials, used from the next challenge on (SIP.js reads them at every one). */
  renew(credentials: SipCredentials): void {
    this.#agent.configuration.authorizationUsername = credentials.username;
    this.#agent.configuration.authorizationPassword = credentials.password;
  }

  /** Calls `target` (a SIP URI). The call appears as `dialling`, if the phone is free and registered. */
  dial(target: string): void {
    this.#box.post({ type: 'dial-asked', session: this.#sessions.nextId(), target });
  }

  /** Ends what is going on, unregisters and closes the socket. */
  async close(): Promise<void> {
    this.#box.post({ type: 'hang-up-asked' });
    this.#box.post({ type: 'stopped' });
    this.#box.close();
    this.#network.close();
    await this.#registration.unregister();
    if (this.#agent.state === UserAgentState.Started) await this.#agent.stop();
  }

  #step(event: PhoneEvent): void {
    const before = this.state.get();
    const { state, effects } = phoneTransition(before, event);
    this.state.set(state);
    if (before.line.type !== state.line.type || before.link.type !== state.link.type)
      this.#parts.logger.info({ event: event.type, line: state.line.type, link: state.link.type }, 'phone');
    if (liveSession(state.line) === undefined) this.picture.set(undefined);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: PhoneEffect): void {
    switch (effect.type) {
      case 'connect':
        return this.#connect();
      case 'register':
        return this.#registration.register();
      case 'renew-credentials':
        return this.#parts.onCredentialsRefused();
      case 'arm-retry':
        this.#retry();
        this.#retry = this.#parts.clock.at(this.#parts.clock.now() + effect.delayMs * spread(), () =>
          this.#box.post({ type: 'retry-elapsed' }),
        );
        return;
      case 'disarm-retry':
        return this.#retry();
      case 'unregister':
        return; // done by close(), which waits for it
      case 'accept':
        return void this.#accept(effect.session);
      case 'reject':
        return this.#sessions.reject(effect.session, effect.status);
      case 'dial':
        return void this.#dial(effect.session, effect.target);
      case 'end':
        return this.#sessions.end(effect.session);
      case 'set-muted':
        return this.#sessions.media(effect.session)?.setMuted(effect.muted);
      default:
        return assertNever(effect);
    }
  }

  #connect(): void {
    const starting = this.#agent.state === UserAgentState.Started ? this.#agent.reconnect() : this.#agent.start();
    // A failed attempt is reported by onDisconnect, or, where the socket never opened, only here.
    starting.catch(() => this.#box.post({ type: 'socket-closed' }));
  }

  #connected(): void {
    this.#connection.opened();
    this.#box.post({ type: 'socket-opened' });
  }

  async #heard(): Promise<Heard | undefined> {
    const call = liveSession(this.state.get().line);
    const media = call === undefined ? undefined : this.#sessions.media(call);
    return call === undefined || media === undefined ? undefined : { call, packets: await media.packetsHeard() };
  }

  #connectAnew(): void {
    this.#connection.letGo();
    this.networkGone.emit(undefined);
  }

  #invited(invitation: Invitation): void {
    const session = this.#sessions.add(invitation);
    this.#box.post({ type: 'invited', invite: { session, ...inviteFacts(invitation.request) } });
  }

  /** The microphone first, so that a refusal leaves the call ringing instead of failing it. */
  async #accept(session: SessionId): Promise<void> {
    if (!(await this.#openMicrophone(session))) return;
    await this.#sessions.accept(session).catch((cause: unknown) => this.#failed(session, cause));
  }

  async #dial(session: SessionId, target: string): Promise<void> {
    const uri = UserAgent.makeURI(target);
    if (uri === undefined) return this.#box.post({ type: 'session-ended', session });
    if (!(await this.#openMicrophone(session))) return;
    // A late offer: the server offers in its 200, so one payload type table serves every call.
    const inviter = new Inviter(this.#agent, uri, { inviteWithoutSdp: true, earlyMedia: false });
    this.#sessions.adopt(session, inviter);
    await inviter.invite().catch((cause: unknown) => this.#failed(session, cause));
  }

  async #openMicrophone(session: SessionId): Promise<boolean> {
    const microphone = await this.#parts.openMicrophone();
    if (!microphone.ok) {
      this.#box.post({ type: 'microphone-failed', session, problem: microphone.error });
      return false;
    }
    this.#sessions.setMicrophone(session, microphone.value);
    return true;
  }

  #mediaFor(session: Session): ServerOfferedMedia {
    const id = this.#sessions.idOf(session);
    const media = new ServerOfferedMedia({
      createPeer: this.#parts.createPeer,
      microphone: () => this.#sessions.microphone(id),
      onRemoteStream: this.#parts.onRemoteStream,
      onRemotePicture: (stream) => this.picture.set(stream),
      onPictureLost: () => this.#sessions.askForPicture(id),
      onMedia: (state) => this.#box.post({ type: 'media-changed', session: id, media: state }),
    });
    this.#sessions.setMedia(id, media);
    return media;
  }

  #failed(session: SessionId, cause: unknown): void {
    this.#parts.logger.warn({ err: cause }, 'a call could not be established');
    this.#box.post({ type: 'session-ended', session });
    const reason = cause instanceof Error ? cause.message : 'unknown';
    this.problems.emit(makeProblem('answer-failed', { reason }));
  }
}

/** All agents of a site lose the engine in the same moment; they come back over a quarter of the wait. */
function spread(): number {
  return 1 + Math.random() / 4;
}
