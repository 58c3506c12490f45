/** Connects calls with outside recorders (SIPREC): which calls go to one, what it is told, and what becomes of it. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import {
  type Calls,
  type CallState,
  hasEnded,
  isOnHold,
  type MediaPort,
  membersOf,
  supervisorsOf,
} from './calls/index.ts';
import type { Plan } from './dialplan/index.ts';
import type { MediaClient } from './media-client.ts';
import type { Rows } from './rows.ts';
import type { LegEvent, SipSide } from './sip/index.ts';
import { mediaPort } from './switchboard.ts';
import { isOfRecorder, type Party, RecorderSessions, type Talk } from './siprec/index.ts';

export interface OutsideRecorderOptions {
  readonly calls: () => Pick<Calls, 'post'>;
  readonly plan: () => Plan | undefined;
  readonly rows: Pick<Rows, 'put'>;
  readonly media: Pick<MediaPort, 'open' | 'answer' | 'close'>;
  readonly sip: () => Pick<SipSide, 'recorders' | 'bye'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The host of everybody's address. */
  readonly domain: string;
}

/** The media node as recorders see it: nothing is known of their audio but what they answer. */
export function recorderMedia(media: MediaClient): OutsideRecorderOptions['media'] {
  return mediaPort(media, { sourceOf: () => undefined, audioOf: () => ({}) }, () => {});
}

export class OutsideRecorders {
  readonly #options: OutsideRecorderOptions;
  readonly #sessions: RecorderSessions;

  constructor(options: OutsideRecorderOptions) {
    this.#options = options;
    const { media, sip, rows, clock, logger } = options;
    this.#sessions = new RecorderSessions({
      media: {
        open: async (endpointId, callId) => (await media.open({ endpointId, callId, kind: 'sip' })).localSdp,
        answer: async (endpointId, sdp) => void (await media.answer(endpointId, sdp)),
        close: (endpointId) => media.close(endpointId),
      },
      sip: {
        invite: (leg) => sip().recorders.invite(leg),
        reoffer: (legId, body) => sip().recorders.reoffer(legId, body),
        bye: (legId) => sip().bye(legId, 'the recording is over'),
      },
      fork: (callId, attempt, streams) =>
        void options.calls().post(callId, { type: 'forked', fork: streams === null ? null : { attempt, ...streams } }),
      record: (callId, type, facts) => void rows.put({ type, callId, facts }),
      ...{ clock, logger, mark: () => randomBytes(16).toString('hex') },
    });
  }

  callChanged(state: CallState): void {
    const { callId, fork } = state;
    if (hasEnded(state)) return this.#sessions.ended(callId);
    if (state.phase !== 'talking' && !this.#sessions.has(callId)) return;
    const uri = this.#sessions.has(callId) ? '' : this.#recorderOf(state);
    if (uri === null) return;
    const left = [fork?.caller, fork?.other].flatMap((each) => each ?? []);
    const before = fork === undefined || fork === null ? null : { attempt: fork.attempt, endpoints: left };
    this.#sessions.talks({ uri, talk: this.#talkOf(state), before });
  }

  /** True where the leg is one towards a recorder, and nobody else's business. */
  legEvent(event: LegEvent): boolean {
    if (!isOfRecorder(event.legId)) return false;
    if (event.type === 'leg-answered') this.#sessions.answered(event.legId, event.sdp);
    if (event.type === 'leg-failed') this.#sessions.lost(event.legId, `${String(event.status)} ${event.reason}`);
    if (event.type === 'leg-ended') this.#sessions.lost(event.legId, event.cause);
    return true;
  }

  /** True where the endpoint is one towards a recorder. */
  endpointLost(endpointId: string, cause: string): boolean {
    if (!isOfRecorder(endpointId)) return false;
    this.#sessions.lost(endpointId, cause);
    return true;
  }

  /** Another media node than before: nothing that was opened is there any more. */
  restarted(): void {
    this.#sessions.restart('media-failure');
  }

  close(): void {
    this.#sessions.close();
  }

  /** The queue's word counts before the route's; null: none. */
  #recorderOf({ queue, dial, position }: CallState): string | null {
    const plan = this.#options.plan();
    const route = position !== null && 'route' in position ? String(position.route) : '';
    return (
      plan?.queues.get(queue?.queueId ?? dial?.queueId ?? '')?.recordTo ?? plan?.routes.get(route)?.recordTo ?? null
    );
  }

  #talkOf(state: CallState): Talk {
    const { callId, phase, talkingSince, startedAt, dial, from, to, recording } = state;
    const quiet = recording?.state === 'paused' || recording?.state === 'masked';
    const other = phase === 'talking' ? this.#otherOf(state) : null;
    const joined = other === null ? [] : this.#joinedOf(state);
    const number = dial === null ? from : to;
    return {
      callId,
      since: talkingSince ?? startedAt,
      caller: { id: 'caller', aor: this.#addressOf(number), name: null },
      other,
      ...(joined.length === 0 ? {} : { joined }),
      flowing: other !== null && !isOnHold(state) && !quiet,
    };
  }

  #otherOf({ offer, other, to }: CallState): Party | null {
    if (other === null || other.signalling !== 'confirmed') return null;
    const agentId = offer?.agentId;
    if (agentId === undefined) return { id: `leg ${other.legId}`, aor: this.#addressOf(to), name: null };
    const name = this.#options.plan()?.agents.get(agentId)?.name ?? null;
    return { id: `agent ${agentId}`, aor: this.#addressOf(agentId), name };
  }

  /** Members of a conference, and supervisors who are heard by the caller. */
  #joinedOf(state: CallState): Party[] {
    const members = membersOf(state).map(({ leg, who, since }) =>
      who.type === 'agent' ? this.#agent(who.agentId, since) : this.#outside(leg.legId, who.to, since),
    );
    const barging = supervisorsOf(state).flatMap(({ mode, since, agentId }) =>
      mode === 'barge' && since !== null ? [this.#agent(agentId, since)] : [],
    );
    return [...members, ...barging];
  }

  #agent(agentId: string, since: number): Party {
    const name = this.#options.plan()?.agents.get(agentId)?.name ?? null;
    return { id: `agent ${agentId}`, aor: this.#addressOf(agentId), name, since };
  }

  #outside(legId: string, number: string, since: number): Party {
    return { id: `leg ${legId}`, aor: this.#addressOf(number), name: null, since };
  }

  #addressOf(user: string): string {
    const shown = encodeURIComponent(user).replaceAll('%2B', '+');
    return `sip:${shown}@${this.#options.domain}`;
  }
}
