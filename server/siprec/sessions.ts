/** Runs the sessions with outside recorders: one for each call that goes to one. */
import { assertNever } from '../../base/assert-never.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { bodyOf, type RecordingBody } from './body.ts';
import { metadataOf } from './metadata.ts';
import {
  begin,
  legOf,
  type ForkedStreams,
  type Session,
  type SessionEffect,
  type SessionEvent,
  type SessionStep,
  transition,
} from './session.ts';
import { sameTalk, type Talk } from './talk.ts';

export interface RecorderPorts {
  readonly media: {
    /** Opens an endpoint and gives its offer. */
    open(endpointId: string, callId: string): Promise<string>;
    answer(endpointId: string, sdp: string): Promise<void>;
    close(endpointId: string): Promise<void>;
  };
  readonly sip: {
    invite(leg: {
      readonly legId: string;
      readonly callId: string;
      readonly uri: string;
      readonly body: RecordingBody;
    }): void;
    /** A re-INVITE; false where it was refused. */
    reoffer(legId: string, body: RecordingBody): Promise<boolean>;
    bye(legId: string): void;
  };
  /** The call sends copies there from now on, or no more. */
  fork(callId: string, attempt: number, streams: ForkedStreams | null): void;
  record(callId: string, type: string, facts: Readonly<Record<string, unknown>>): void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Letters and digits that stand in no text, new each time. */
  mark(): string;
}

/** A call that goes to a recorder. `before`: attempts of a server before this one, and what they left in the media node. */
export interface RecordedTalk {
  readonly uri: string;
  readonly talk: Talk;
  readonly before: { readonly attempt: number; readonly endpoints: readonly string[] } | null;
}

export class RecorderSessions {
  readonly #ports: RecorderPorts;
  readonly #sessions = new Map<string, Session>();
  readonly #retries = new Map<string, Cancel>();

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /** Does this call go to a recorder? */
  has(callId: string): boolean {
    return this.#sessions.has(callId);
  }

  /** Begins a session, or tells a running one what changed. */
  talks({ uri, talk, before }: RecordedTalk): void {
    const session = this.#sessions.get(talk.callId);
    if (session !== undefined) {
      if (!sameTalk(session.talk, talk)) this.#take(talk.callId, { type: 'talk-changed', talk });
      return;
    }
    for (const endpointId of before?.endpoints ?? []) this.#perform(talk.callId, { type: 'close', endpointId });
    this.#settle(talk.callId, begin(uri, talk, (before?.attempt ?? 0) + 1));
  }

  /** The call is over. */
  ended(callId: string): void {
    this.#take(callId, { type: 'ended' });
    this.#retries.get(callId)?.();
    this.#retries.delete(callId);
    this.#sessions.delete(callId);
  }

  /** The recorder took the INVITE. */
  answered(legId: string, sdp: string): void {
    this.#take(callOf(legId), { type: 'answered', legId, sdp });
  }

  /** A leg to a recorder or an endpoint of one is gone. */
  lost(id: string, reason: string): void {
    this.#take(callOf(id), { type: 'failed', id, reason });
  }

  /** The media node lost everything: every session begins anew. */
  restart(reason: string): void {
    for (const [callId, session] of this.#sessions)
      if (session.type !== 'waiting') this.#take(callId, { type: 'failed', id: legOf(session), reason });
  }

  close(): void {
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
  }

  #take(callId: string, event: SessionEvent): void {
    const session = this.#sessions.get(callId);
    if (session !== undefined) this.#settle(callId, transition(session, event));
  }

  #settle(callId: string, { session, effects }: SessionStep): void {
    this.#sessions.set(callId, session);
    for (const effect of effects) this.#perform(callId, effect);
  }

  #perform(callId: string, effect: SessionEffect): void {
    const { media, sip, clock } = this.#ports;
    switch (effect.type) {
      case 'open':
        return this.#open(callId, effect.endpointId);
      case 'close':
        return this.#dropped(media.close(effect.endpointId), callId, 'an endpoint of a recorder could not be closed');
      case 'answer':
        return this.#failing(media.answer(effect.endpointId, effect.sdp), callId, effect.endpointId);
      case 'invite': {
        const { legId, uri, offer, talk } = effect;
        return sip.invite({ legId, callId, uri, body: this.#body(offer, talk) });
      }
      case 'update':
        return this.#update(callId, effect);
      case 'bye':
        return sip.bye(effect.legId);
      case 'fork':
        return this.#ports.fork(callId, effect.attempt, effect.streams);
      case 'record':
        if (effect.row !== 'siprec-started') this.#ports.logger.warn({ callId, ...effect.facts }, effect.row);
        return this.#ports.record(callId, effect.row, effect.facts);
      case 'retry-later': {
        const retry = (): void => this.#take(callId, { type: 'retry' });
        this.#retries.get(callId)?.();
        return void this.#retries.set(callId, clock.at(clock.now() + effect.ms, retry));
      }
      default:
        return assertNever(effect);
    }
  }

  #open(callId: string, endpointId: string): void {
    this.#ports.media.open(endpointId, callId).then(
      (sdp) => {
        // The call may have ended meanwhile, and nobody would close it.
        if (this.#sessions.has(callId)) this.#take(callId, { type: 'opened', endpointId, sdp });
        else this.#perform(callId, { type: 'close', endpointId });
      },
      (err: unknown) => this.lost(endpointId, reasonOf(err)),
    );
  }

  #update(callId: string, { legId, offer, talk }: Extract<SessionEffect, { type: 'update' }>): void {
    this.#ports.sip.reoffer(legId, this.#body(offer, talk)).then(
      (ok) => this.#take(callId, { type: 'updated', legId, ok }),
      () => this.#take(callId, { type: 'updated', legId, ok: false }),
    );
  }

  #body(offer: string, talk: Talk): RecordingBody {
    return bodyOf(offer, metadataOf(talk), this.#ports.mark());
  }

  #failing(done: Promise<void>, callId: string, endpointId: string): void {
    done.catch((err: unknown) => {
      this.#ports.logger.warn({ err, callId }, 'the answer of a recorder could not be taken');
      this.lost(endpointId, reasonOf(err));
    });
  }

  #dropped(done: Promise<void>, callId: string, message: string): void {
    done.catch((err: unknown) => this.#ports.logger.debug({ err, callId }, message));
  }
}

function callOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}

function reasonOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
