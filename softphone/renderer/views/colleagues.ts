import { useEffect, useState } from 'react';
import type { Activity, Presence } from '../../../protocol/desk.ts';
import type { AgentSummary } from '../../../protocol/rest.ts';

/** A colleague as one looks for them: what they do now says whether they can be had. */
export interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly presence: Presence;
  readonly activity: Activity;
  readonly free: boolean;
}

/** Everybody at the site, as the server knows them now; nobody when it cannot say. */
export type ListColleagues = () => Promise<readonly AgentSummary[]>;

const most = 8;

/** The colleagues whose name or id holds the text: who is free first, then by name. Pure. */
export function colleaguesOf(agents: readonly AgentSummary[], text: string, self: string): readonly Colleague[] {
  const wanted = text.trim().toLowerCase();
  const rank = ({ free, presence }: Colleague): number => (free ? 0 : presence === 'offline' ? 2 : 1);
  return agents
    .filter(({ id, name }) => id !== self && `${id} ${name}`.toLowerCase().includes(wanted))
    .map(({ id, name, presence, activity, registered }) => {
      return { id, name, presence, activity, free: registered && presence !== 'offline' && activity === 'idle' };
    })
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name))
    .slice(0, most);
}

/** The colleagues the text may mean, asked of the server when the list opens. */
export function useColleagues(list: ListColleagues, text: string, self: string): readonly Colleague[] {
  const [agents, setAgents] = useState<readonly AgentSummary[]>([]);
  useEffect(() => {
    let stale = false;
    void list().then((found) => {
      if (!stale) setAgents(found);
    });
    return () => {
      stale = true;
    };
  }, [list]);
  return colleaguesOf(agents, text, self);
}
