/** Routing as it is kept over a restart: an entry for each agent, ticket and offer, and one for all queues. Pure. */
import { type Agent, emptyRouting, type Offer, type RoutingState, type Ticket } from './state.ts';
import { Table } from './table.ts';

/** One kept entry; `state` is null when it is no more. Plain JSON. */
export interface KeptEntry {
  /** `agent/ID`, `ticket/ID`, `offer/ID` or `queues`. */
  readonly id: string;
  readonly state: object | null;
}

/** Earlier releases kept all of routing under this id, as records. */
export const wholeId = 'state';

const tables = { agent: 'agents', ticket: 'tickets', offer: 'offers' } as const;
type Kind = keyof typeof tables;
const kinds = Object.keys(tables) as Kind[];

/** What has to be written so that `after` is kept where `before` was: as much as has changed, however much there is. */
export function changesBetween(before: RoutingState, after: RoutingState): KeptEntry[] {
  const changed = kinds.flatMap((kind) => {
    const [old, now]: Table<object>[] = [before[tables[kind]], after[tables[kind]]];
    if (old === undefined || now === undefined || old === now) return [];
    return old.changesTo(now).map(([id, state]): KeptEntry => ({ id: `${kind}/${id}`, state: state ?? null }));
  });
  return before.queues === after.queues ? changed : [...changed, { id: 'queues', state: after.queues }];
}

interface Whole {
  readonly agents: Readonly<Record<string, Agent>>;
  readonly queues: RoutingState['queues'];
  readonly tickets: Readonly<Record<string, Ticket>>;
  readonly offers: Readonly<Record<string, Offer>>;
}

function fromWhole({ agents, queues, tickets, offers }: Whole): RoutingState {
  return { agents: Table.of(agents), queues, tickets: Table.of(tickets), offers: Table.of(offers) };
}

/** Routing as its entries say. They are what `changesBetween` gave, or what an earlier release kept. */
export function routingOf(entries: readonly KeptEntry[]): RoutingState {
  const named = new Map(entries.flatMap(({ id, state }) => (state === null ? [] : [[id, state] as const])));
  const whole = named.get(wholeId);
  const before = whole === undefined ? emptyRouting : fromWhole(whole as Whole);
  const table = <T>(kind: Kind, of: Table<T>): Table<T> =>
    [...named].reduce((sum, [id, state]) => {
      return id.startsWith(`${kind}/`) ? sum.with(id.slice(kind.length + 1), state as T) : sum;
    }, of);
  return {
    agents: table('agent', before.agents),
    queues: (named.get('queues') as RoutingState['queues'] | undefined) ?? before.queues,
    tickets: table('ticket', before.tickets),
    offers: table('offer', before.offers),
  };
}
