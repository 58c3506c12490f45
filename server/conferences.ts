/** Conferences: who may add people to a talk, send them away, silence them; then it is the call's business. */
import { fail, ok, type Result } from '../base/result.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { MemberRequest, MemberSummary } from '../protocol/rest.ts';
import { type Calls, type CallState, type Member, membersOf } from './calls/index.ts';
import type { Transfers } from './transfers.ts';

export interface ConferencesOptions {
  readonly calls: () => Calls;
  readonly transfers: Pick<Transfers, 'begin' | 'proceed'>;
}

export class Conferences {
  readonly #options: ConferencesOptions;

  constructor(options: ConferencesOptions) {
    this.#options = options;
  }

  /** Rings somebody who joins the talk as soon as they answer. */
  add(callId: string, to: string, way: 'desk' | 'api'): Problem | undefined {
    return this.#options.transfers.begin({ callId, to, way, joins: true });
  }

  /** Takes the one who is consulted into the talk. */
  merge(callId: string): Problem | undefined {
    return this.#options.transfers.proceed(callId, 'merge');
  }

  /** Sends a member away. `by`: who wants it, for the ledger. */
  drop(callId: string, member: string, by: string): Problem | undefined {
    const found = this.#find(callId, member);
    if (!found.ok) return found.error;
    return void this.#options.calls().post(callId, { type: 'conference-dropped', member, by });
  }

  /** Makes a member silent, or louder. */
  set(callId: string, member: string, { muted, gainDb }: MemberRequest, by: string): Problem | undefined {
    const found = this.#find(callId, member);
    if (!found.ok) return found.error;
    const wanted = { ...(muted === undefined ? {} : { muted }), ...(gainDb === undefined ? {} : { gainDb }) };
    return void this.#options.calls().post(callId, { type: 'conference-set', member, by, ...wanted });
  }

  /** Those who were added to a talk. */
  members(callId: string): Result<readonly MemberSummary[], Problem> {
    const call = this.#options.calls().get(callId);
    return call === undefined ? fail(makeProblem('no-such-call')) : ok(membersOf(call).map(summaryOf));
  }

  #find(callId: string, member: string): Result<CallState, Problem> {
    const call = this.#options.calls().get(callId);
    if (call === undefined) return fail(makeProblem('no-such-call'));
    const there = membersOf(call).some(({ leg }) => leg.legId === member);
    return there ? ok(call) : fail(makeProblem('no-such-member', { member }));
  }
}

function summaryOf({ leg, who, by, since, muted, gainDb }: Member): MemberSummary {
  const to = who.type === 'agent' ? who.agentId : who.to;
  return { id: leg.legId, to, type: who.type, by, since, muted, gainDb };
}
