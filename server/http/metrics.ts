import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Cancel } from '../../base/clock.ts';
import type { Ledger, LedgerRow } from '../ledger/index.ts';
import type { LivePort } from './ports.ts';

const seconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** What `/metrics` tells: counted from the ledger's rows as they are written, and read from the living server. */
export class Metrics {
  readonly registry = new Registry();
  readonly #asrLag = this.#histogram('jackfield_asr_lag_seconds', 'From the end of an utterance to its text.');
  readonly #alertLatency = this.#histogram('jackfield_alert_latency_seconds', 'From the phrase to the alert.');
  readonly #stateRepairs = new Counter({
    name: 'jackfield_state_repairs_total',
    help: 'Calls that were taken up again after a restart of the server.',
    registers: [this.registry],
  });
  /** Since when each call's caller is heard: what is told of their words counts from there. */
  readonly #heardSince = new Map<string, number>();
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
  readonly #dialled = new Counter({
    name: 'jackfield_dialled_calls_total',
    help: 'Calls that agents made, by what became of them: answered, or why not.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #trunkRefusals = new Counter({
    name: 'jackfield_trunk_refused_total',
    help: 'Calls a trunk did not take, by cause.',
    labelNames: ['trunk', 'direction', 'cause'],
    registers: [this.registry],
  });
  readonly #recordings = new Counter({
    name: 'jackfield_recordings_total',
    help: 'Recordings of calls, by what became of them: finished, or failed.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #mos = new Histogram({
    name: 'jackfield_leg_mos',
    help: 'How legs that are over sounded (E-model, 1 to 4.5), by whose end it was and in which codec.',
    labelNames: ['side', 'codec'],
    buckets: [1.5, 2, 2.5, 3.1, 3.6, 4, 4.3],
    registers: [this.registry],
  });
  readonly #badLegs = new Counter({
    name: 'jackfield_leg_causes_total',
    help: 'Legs that sounded bad, by the cause that was found.',
    labelNames: ['side', 'cause'],
    registers: [this.registry],
  });
  readonly #strangers = new Counter({
    name: 'jackfield_strangers_refused_total',
    help: 'INVITEs of nobody we know.',
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
    this.#labelledGauge('jackfield_trunk_up', '1 while calls can go over the trunk.', 'trunk', () =>
      live.trunks().map(({ id, state }) => [id, state === 'up' ? 1 : 0]),
    );
    this.#labelledGauge('jackfield_trunk_calls', 'Calls going on over the trunk.', 'trunk', () =>
      live.trunks().map(({ id, active }) => [id, active.in + active.out]),
    );
    this.#labelledGauge('jackfield_trunk_minutes_today', 'Minutes of outgoing calls today.', 'trunk', () =>
      live.trunks().map(({ id, today }) => [id, today.minutes]),
    );
    this.#countDropped(live);
    this.#showLoss(live);
    this.#countFullQueues(live);
    this.#countRefusals(live);
    this.#unsubscribe = ledger.subscribe((row) => this.#count(row));
  }

  /** The engine counts: it is asked when somebody looks. Nothing is told while it cannot be asked. */
  #countDropped(live: LivePort): void {
    new Gauge({
      name: 'jackfield_sip_sources_held',
      help: 'Sources that are limited or shut out now.',
      registers: [this.registry],
      async collect() {
        this.set((await live.protection()).held.length);
      },
    });
    new Counter({
      name: 'jackfield_sip_dropped_total',
      help: 'SIP messages dropped to protect the engine, by reason, since its start.',
      labelNames: ['reason'],
      registers: [this.registry],
      async collect() {
        const { dropped } = await live.protection();
        this.reset();
        for (const [reason, count] of Object.entries(dropped ?? {})) this.inc({ reason }, count);
      },
    });
  }

  /** The media node knows: it is asked when somebody looks. Nothing is told while it cannot be asked. */
  #showLoss(live: LivePort): void {
    new Gauge({
      name: 'jackfield_rtp_loss_ratio',
      help: 'Share of RTP packets lost on all legs: received, since each source began; sent, as last reported.',
      labelNames: ['direction'],
      registers: [this.registry],
      async collect() {
        const loss = await live.rtpLoss();
        this.reset();
        for (const [direction, ratio] of Object.entries(loss ?? {})) this.set({ direction }, ratio);
      },
    });
  }

  /** The media node counts, from each of its starts: it is asked when somebody looks. */
  #countFullQueues(live: LivePort): void {
    new Counter({
      name: 'jackfield_queue_dropped_total',
      help: 'Frames and events that bounded queues of the media node dropped because they were full, by stage, since its start.',
      labelNames: ['stage'],
      registers: [this.registry],
      async collect() {
        const dropped = await live.queueDropped();
        this.reset();
        for (const [stage, count] of Object.entries(dropped ?? {})) this.inc({ stage }, count);
      },
    });
  }

  /** Whether the media node takes new calls, and how many it did not. */
  #countRefusals(live: LivePort): void {
    new Gauge({
      name: 'jackfield_media_full',
      help: '1 while the media node takes no new calls, by reason: cpu, ports, endpoints, draining.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        const { full } = live.mediaCapacity();
        this.reset();
        for (const reason of ['cpu', 'ports', 'endpoints', 'draining']) this.set({ reason }, full === reason ? 1 : 0);
      },
    });
    new Counter({
      name: 'jackfield_media_refused_total',
      help: 'New calls answered 503 because the media node takes none, by reason, since the start of the server.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(live.mediaCapacity().refused)) this.inc({ reason }, count);
      },
    });
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
    this.#countHeard(row);
    this.#countDialled(row);
    this.#countTrunks(row);
    this.#countQuality(row);
    if (row.type === 'recording-finished') this.#recordings.inc({ outcome: 'finished' });
    if (row.type === 'recording-failed') this.#recordings.inc({ outcome: 'failed' });
    if (row.type === 'call-recovered') this.#stateRepairs.inc();
    if (row.type === 'call-ended') this.#callsEnded.inc({ cause: typeof cause === 'string' ? cause : 'unknown' });
  }

  #countQuality({ type, facts }: LedgerRow): void {
    const { mos, side, codec, cause } = facts;
    if (type !== 'quality' || typeof mos !== 'number') return;
    this.#mos.observe({ side: String(side), codec: String(codec) }, mos);
    if (typeof cause === 'string') this.#badLegs.inc({ side: String(side), cause });
  }

  #countDialled({ type, facts }: LedgerRow): void {
    const { ringMs, cause } = facts;
    if (type === 'answered' && typeof ringMs === 'number') this.#dialled.inc({ outcome: 'answered' });
    if (type === 'dial-failed') this.#dialled.inc({ outcome: typeof cause === 'string' ? cause : 'unknown' });
  }

  /** A row may stand for several refusals: those that were not told before it. */
  #countTrunks({ type, facts }: LedgerRow): void {
    const { trunk, direction, cause, untold, count } = facts;
    if (type === 'strangers-refused' && typeof count === 'number') this.#strangers.inc(count);
    if (type !== 'trunk-refused' || typeof cause !== 'string') return;
    const labels = { trunk: typeof trunk === 'string' ? trunk : '', direction: String(direction), cause };
    this.#trunkRefusals.inc(labels, 1 + (typeof untold === 'number' ? untold : 0));
  }

  /** The tap on the caller begins with the answer and anew after each hold; `endMs` of what was heard is on its clock. */
  #countHeard({ type, callId, at, facts }: LedgerRow): void {
    if (callId === undefined) return;
    if (type === 'answered' || type === 'resumed') this.#heardSince.set(callId, at);
    if (type === 'call-ended') this.#heardSince.delete(callId);
    const since = this.#heardSince.get(callId);
    const { endMs, speaker } = facts;
    if (since === undefined || typeof endMs !== 'number' || speaker !== 'caller') return;
    const lagInSeconds = Math.max(0, at - since - endMs) / 1000;
    if (type === 'transcript-heard') this.#asrLag.observe(lagInSeconds);
    if (type === 'alert-raised') this.#alertLatency.observe(lagInSeconds);
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
