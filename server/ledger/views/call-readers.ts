/** What of a call an agent may read: whether they had to do with it, and which of its rows are not for them. */
import type { StoryRow } from '../../../protocol/rest.ts';
import type { Ledger } from '../ledger.ts';
import type { SqlValue } from '../sqlite.ts';
import { textFact } from './facts.ts';

/**
 * SQL that is true of a row `first` whose call somebody took part in: as its agent, by making it, by getting it from a
 * colleague, by being consulted, or as a member of its conference. Being offered a call is no part in it, nor is listening.
 */
export const tookPartSql = `EXISTS (SELECT 1 FROM ledger_rows r WHERE r.call_id = first.call_id AND (
    (r.agent_id = ? AND r.type IN ('answered', 'call-dialled', 'transfer-connected', 'call-taken-over'))
    OR (r.type = 'consult-connected' AND r.facts ->> 'to' = ?)
    OR (r.type = 'conference-joined' AND r.facts ->> 'agent' = ?)))`;

/** What {@link tookPartSql} is asked with. */
export function tookPartValues(agentId: string): SqlValue[] {
  return [agentId, agentId, agentId];
}

/** Whether somebody took part in a call. */
export function tookPart(ledger: Ledger, callId: string, agentId: string): boolean {
  const found = ledger.reader.all(
    `SELECT 1 AS found FROM ledger_rows first WHERE first.call_id = ? AND ${tookPartSql} LIMIT 1`,
    callId,
    ...tookPartValues(agentId),
  );
  return found.length > 0;
}

/** Whether a leg is that of a supervisor's phone (`server/calls/supervising.ts` names them so). */
export function isSupervisorsLeg(legId: string): boolean {
  return /\.s\d+$/.test(legId);
}

/**
 * A story as the agents of the call may read it: without supervisors of whom the site did not tell them, and without the legs
 * of any. What was hidden when it happened stays hidden, whatever the site says since. Pure.
 */
export function storyForAgents(story: readonly StoryRow[]): StoryRow[] {
  const announced = new Map<string, boolean>();
  return story.filter(({ type, facts }) => {
    if (facts['leg'] === 'supervisor' || isSupervisorsLeg(textFact(facts, 'legId') ?? '')) return false;
    if (!type.startsWith('supervision-')) return true;
    const by = textFact(facts, 'by') ?? '';
    if (type === 'supervision-asked') announced.set(by, facts['announced'] === true);
    return announced.get(by) === true;
  });
}
