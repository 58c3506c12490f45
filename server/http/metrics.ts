import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Cancel } from '../../base/clock.ts';
import type { Ledger, LedgerRow } from '../ledger/index.ts';
import type { LivePort } from './ports.ts';

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** What `/metrics` tells. The parts of the server that measure something record it here. */
export class Metrics {
  readonly registry = new Registry();
  readonly asrLag = this.#histogram('jackfield_asr_lag_seconds', 'From the end of an utterance to its text.');
  readonly alertLatency = this.#histogram('jackfield_alert_latency_seconds', 'From the phrase to the alert.');
  readonly rtpLoss = new Gauge({
    name: 'jackfield_rtp_loss_ratio',
    help: 'Packets lost of those expected, lately.',
    registers: [this.registry],
  });
  readonly stateRepairs = new Counter({
    name: 'jackfield_state_repairs_total',
    help: 'Differences found and repaired when re-attaching to engine and media node.',
    registers: [this.registry],
  });
  readonly queueDropped = new Counter({
    name: 'jackfield_queue_dropped_total',
    help: 'Entries dropped by a bounded queue that was full.',
    labelNames: ['stage'],
    registers: [this.registry],
  });
  readonly #queueWait = this.#histogram(
    'jackfield_queue_wait_seconds',
    'How long callers waited in a queue until they were answered or gave up.',
    ['outcome'],
  );
  readonly #callsEnded = new Counter({
    name: 'jackfield_calls_ended_total',
    help: 'Calls that ended, by cause.',
    labelNames: ['cause'],
    registers: [this.registry],
  });
  readonly #requests = this.#histogram('jackfield_http_request_seconds', 'Time to answer a request.', [
    'method',
    'route',
    'status',
  ]);
  readonly #unsubscribe: Cancel;

  constructor(ledger: Ledger, live: LivePort) {
    collectDefaultMetrics({ register: this.registry });
    this.#gauge('jackfield_calls_active', 'Calls going on.', () => live.activeCalls());
    this.#gauge('jackfield_ledger_writable', '1 while the ledger can be written.', () =>
      ledger.health().writable ? 1 : 0,
    );
    this.#gauge('jackfield_ledger_held_rows', 'Rows waiting in memory for the disk.', () => ledger.health().heldRows);
    this.#labelledGauge('jackfield_queue_waiting', 'Callers waiting.', 'queue', () =>
      live.queues().map(({ id, waiting }) => [id, waiting]),
    );
    this.#labelledGauge('jackfield_agents', 'Agents by state.', 'state', () => agentStates(live));
    this.#unsubscribe = ledger.subscribe((row) => this.#count(row));
  }

  /** A request was answered; `route` is the pattern, never the address itself. */
  answered(method: string, route: string, status: number, elapsedMs: number): void {
    this.#requests.observe({ method, route, status: String(status) }, elapsedMs / 1000);
  }

  close(): void {
    this.#unsubscribe();
    this.registry.clear();
  }

  #count(row: LedgerRow): void {
    const { waitedMs, cause } = row.facts;
    if ((row.type === 'answered' || row.type === 'abandoned') && typeof waitedMs === 'number')
      this.#queueWait.observe({ outcome: row.type }, waitedMs / 1000);
    if (row.type === 'call-ended') this.#callsEnded.inc({ cause: typeof cause === 'string' ? cause : 'unknown' });
  }

  #histogram(name: string, help: string, labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, labelNames, buckets: seconds, registers: [this.registry] });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #labelledGauge(name: string, help: string, label: string, read: () => readonly [string, number][]): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [value, count] of read()) this.set({ [label]: value }, count);
      },
    });
  }
}

function agentStates(live: LivePort): [string, number][] {
  const byState = Map.groupBy(live.agents(), ({ presence, activity }) => (activity === 'idle' ? presence : activity));
  return [...byState].map(([state, agents]) => [state, agents.length]);
}
