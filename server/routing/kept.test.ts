import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween, type KeptEntry, routingOf, wholeId } from './kept.ts';
import { type AgentConfig, emptyRouting, type RoutingState } from './state.ts';
import { Table } from './table.ts';
import { transition } from './transition.ts';

const agent = (id: string): AgentConfig => ({ id, name: id, skills: {}, queues: ['q'], languages: [] });
const queues = ['second', 'q'].map((id) => ({ id, ringMs: 1000, wrapUpMs: 0 }));

function office(agents: number): RoutingState {
  const list = Array.from({ length: agents }, (_, at) => agent(`agent-${String(at)}`));
  const event = { type: 'configured', owner: 'x', epoch: 1, agents: list, queues, now: 1 } as const;
  return transition(emptyRouting, event).state;
}

/** As the ledger keeps them: the newest of each id, and none that is null. */
function store(kept: Map<string, object>, entries: readonly KeptEntry[]): void {
  for (const { id, state } of entries)
    if (state === null) kept.delete(id);
    else kept.set(id, JSON.parse(JSON.stringify(state)) as object);
}

const entriesOf = (kept: Map<string, object>): KeptEntry[] => [...kept].map(([id, state]) => ({ id, state }));

function sorted({ agents, tickets, offers, queues: lines }: RoutingState) {
  const of = (table: Table<{ readonly id: string }>) => table.values().sort((a, b) => (a.id < b.id ? -1 : 1));
  return { agents: of(agents), tickets: of(tickets), offers: of(offers), queues: Object.keys(lines) };
}

describe('what is kept of routing', () => {
  it('is one entry for one agent, among ten thousand', () => {
    const before = office(10_000);
    const { state } = transition(before, { type: 'registered', agentId: 'agent-4711', now: 2 });
    expect(changesBetween(before, state)).toMatchObject([{ id: 'agent/agent-4711', state: { registered: true } }]);
    expect(changesBetween(state, state)).toEqual([]);
  });

  it('gives the same routing again after any history, cut off anywhere', () => {
    const id = fc.nat(5).map((at) => `agent-${String(at)}`);
    const event = fc.oneof(
      fc.record({ type: fc.constantFrom('registered', 'unregistered', 'went-available', 'signed-out'), agentId: id }),
      fc.nat(4).map((at) => ({
        ...{ type: 'ticket-queued', ticketId: `t/${String(at)}`, callId: `c${String(at)}`, queueId: 'q' },
        ...{ requirements: [], requiredLanguage: null, priority: 1, maxWaitMs: 0 },
      })),
      fc.nat(4).map((at) => ({ type: 'ticket-withdrawn', ticketId: `t/${String(at)}` })),
      fc.nat(4).map((at) => ({ type: 'offer-answered', offerId: `t/${String(at)}.1` })),
      fc.nat(3).map((most) => ({
        ...{ type: 'configured', owner: 'x', epoch: 1, queues },
        agents: Array.from({ length: most + 2 }, (_, at) => agent(`agent-${String(at)}`)),
      })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let state = emptyRouting;
        const kept = new Map<string, object>();
        for (const [at, each] of events.entries()) {
          const after = transition(state, { ...each, now: at + 1 } as never).state;
          store(kept, changesBetween(state, after));
          state = after;
          expect(sorted(routingOf(entriesOf(kept)))).toEqual(sorted(state));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is read as an earlier release kept it, whole, and what came since on top of it', () => {
    const { agents, queues: lines } = office(3);
    const named = Object.fromEntries(agents.values().map((each) => [each.id, each]));
    const whole = { id: wholeId, state: { agents: named, queues: lines, tickets: {}, offers: {} } };
    expect(sorted(routingOf([whole]))).toEqual(sorted(office(3)));
    const changed = { ...agents.get('agent-1'), name: 'Another' };
    expect(routingOf([whole, { id: 'agent/agent-1', state: changed }]).agents.get('agent-1')?.name).toBe('Another');
  });
});

describe('a table', () => {
  it('is as it was after a change, which another one has', () => {
    const model = fc.array(fc.tuple(fc.nat(600), fc.option(fc.nat())), { maxLength: 300 });
    fc.assert(
      fc.property(model, (changes) => {
        let table = Table.of<number>();
        const plain = new Map<string, number>();
        for (const [key, value] of changes) {
          const [before, id] = [table, String(key)];
          const had = before.get(id);
          table = value === null ? table.without(id) : table.with(id, value);
          if (value === null) plain.delete(id);
          else plain.set(id, value);
          expect(before.get(id)).toBe(had);
          expect([table.get(id), table.size]).toEqual([plain.get(id), plain.size]);
          expect(before.changesTo(table)).toEqual(had === plain.get(id) ? [] : [[id, plain.get(id)]]);
        }
        expect(new Map(table.ids().map((id) => [id, table.get(id)]))).toEqual(plain);
        expect(table.values().sort()).toEqual([...plain.values()].sort());
      }),
      { numRuns: 100 },
    );
  });
});
