import { Invitation, Inviter, SessionState } from 'sip.js';
import type { Session } from 'sip.js';
import type { Clock } from '../../../base/clock.ts';
import { closeMicrophone } from './microphone.ts';
import { pictureWish } from './lost-picture.ts';
import type { PhoneEvent, SessionId } from './machine.ts';
import type { ServerOfferedMedia } from './session-description.ts';

interface Entry {
  readonly session: Session;
  media?: ServerOfferedMedia;
}

/** The SIP.js sessions by the phone's own ids, their microphones and media, and what becomes of them as events. */
export class Sessions {
  readonly #post: (event: PhoneEvent) => void;
  readonly #clock: Clock;
  readonly #entries = new Map<SessionId, Entry>();
  readonly #microphones = new Map<SessionId, MediaStream>();
  #last = 0;

  constructor(post: (event: PhoneEvent) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  nextId(): SessionId {
    return `s${++this.#last}`;
  }

  /** Takes in an incoming session under a new id. */
  add(session: Session): SessionId {
    const id = this.nextId();
    this.adopt(id, session);
    return id;
  }

  /** Takes in a session under the id it was given before it existed. */
  adopt(id: SessionId, session: Session): void {
    this.#entries.set(id, { session });
    session.delegate = {
      // Without an answer the far side's BYE would time out; SIP.js leaves it to us.
      onBye: (bye) => void bye.accept(),
      onCancel: () => this.#post({ type: 'cancelled', session: id }),
    };
    session.stateChange.addListener((state) => this.#changed(id, state));
  }

  idOf(session: Session): SessionId {
    for (const [id, entry] of this.#entries) if (entry.session === session) return id;
    return '';
  }

  media(id: SessionId): ServerOfferedMedia | undefined {
    return this.#entries.get(id)?.media;
  }

  setMedia(id: SessionId, media: ServerOfferedMedia): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.media = media;
  }

  /** Keeps an opened microphone for a session, or lets go of it at once when the session is gone meanwhile. */
  setMicrophone(id: SessionId, stream: MediaStream): void {
    const ended = this.#entries.get(id)?.session.state === SessionState.Terminated;
    if (ended || !this.#known(id)) closeMicrophone(stream);
    else this.#microphones.set(id, stream);
  }

  microphone(id: SessionId): Promise<MediaStream> {
    const stream = this.#microphones.get(id);
    return stream === undefined ? Promise.reject(new Error('no microphone was opened')) : Promise.resolve(stream);
  }

  async accept(id: SessionId): Promise<void> {
    const session = this.#entries.get(id)?.session;
    if (session instanceof Invitation && session.state === SessionState.Initial) await session.accept();
  }

  reject(id: SessionId, statusCode: number): void {
    const session = this.#entries.get(id)?.session;
    // A rejection that cannot be sent any more means that the other side has already gone.
    if (session instanceof Invitation && session.state === SessionState.Initial)
      session.reject({ statusCode }).catch(() => undefined);
  }

  /** CANCEL, BYE or a refusal: whatever ends the session in the state it is in. */
  end(id: SessionId): void {
    const session = this.#entries.get(id)?.session;
    if (session === undefined) return;
    if (session.state === SessionState.Established) session.bye().catch(() => undefined);
    else if (session instanceof Inviter) session.cancel().catch(() => undefined);
    else this.reject(id, 480);
  }

  /** Asks for a key frame of whoever is seen. */
  askForPicture(id: SessionId): void {
    const session = this.#entries.get(id)?.session;
    // A call that is just ending shows nothing anyway.
    if (session?.state === SessionState.Established)
      session.info({ requestOptions: { body: pictureWish } }).catch(() => undefined);
  }

  #known(id: SessionId): boolean {
    // A call of our own has its id before it has a session.
    return this.#entries.has(id) || id === `s${this.#last}`;
  }

  #changed(id: SessionId, state: SessionState): void {
    if (state === SessionState.Established) this.#post({ type: 'established', session: id, at: this.#clock.now() });
    if (state !== SessionState.Terminated) return;
    this.#entries.delete(id);
    const stream = this.#microphones.get(id);
    this.#microphones.delete(id);
    if (stream !== undefined) closeMicrophone(stream);
    this.#post({ type: 'session-ended', session: id });
  }
}
