/** The brain: every feature made, connected and started in order; nothing else knows them all. */
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { Scope } from '../base/scope.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import { type CallState, Calls } from './calls/index.ts';
import { Attendance } from './attendance.ts';
import { commandPortsOf } from './command-ports.ts';
import { obey } from './commands.ts';
import { advertisedAddress, type Config, siteFiles } from './config.ts';
import { DeskGateway } from './desk/index.ts';
import { Desks } from './desks.ts';
import { DigitModes, withInfoKeypad } from './dtmf.ts';
import { enter } from './entrance.ts';
import { Floor } from './floor.ts';
import { type Ledger, openLedger } from './ledger/index.ts';
import { Listening } from './listening.ts';
import { makeRecordings } from './make-recordings.ts';
import { makeSip } from './make-sip.ts';
import type { CallRecordings } from './call-recordings.ts';
import { MediaAbsence } from './media-absence.ts';
import { MediaCapacity } from './media-capacity.ts';
import { MediaClient } from './media-client.ts';
import { listenToMedia } from './media-events.ts';
import { Outbound } from './outbound.ts';
import { OutsideRecorders, recorderMedia } from './outside-recorders.ts';
import { Phones } from './phones.ts';
import { Plans } from './plans.ts';
import { QualityWatch, statisticsOf } from './quality-watch.ts';
import { type Kept, readKept, tellDialogs } from './recovery.ts';
import { partyOf, Rows } from './rows.ts';
import { type Invite, normalise, type Refusal, type SipSide } from './sip/index.ts';
import { openStore, type Store } from './store/index.ts';
import { SpokenPrompts } from './spoken-prompts.ts';
import { mediaPort, prepare } from './switchboard.ts';
import { readSecret } from './secrets.ts';
import { Conferences } from './conferences.ts';
import { Roles } from './roles.ts';
import { makeSupervision, type Supervision } from './supervision.ts';
import { Transfers } from './transfers.ts';
import { makeWebCalls, type WebCalls } from './web-calls.ts';
import { trunkPlanOf } from './trunk-plan.ts';

/** Name of this brain in ledger rows and leases. One brain owns its queues. */
export const nodeName = 'jackfield';
export class Brain {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly store: Store;
  readonly plans: Plans;
  readonly calls: Calls;
  readonly floor: Floor;
  readonly desks: Desks;
  readonly listening: Listening;
  readonly recording: CallRecordings;
  readonly recorders: OutsideRecorders;
  readonly quality: QualityWatch;
  readonly media: MediaClient;
  readonly phones: Phones;
  readonly sip: SipSide;
  readonly gateway: DeskGateway;
  readonly outbound: Outbound;
  readonly web: WebCalls;
  readonly transfers: Transfers;
  readonly conferences: Conferences;
  readonly #digits = new DigitModes((legId) => this.sip.audioOf(legId).dtmf);
  readonly supervision: Supervision;
  readonly roles: Roles;
  readonly #rows: Rows;
  readonly #kept: Kept;
  readonly #spoken: SpokenPrompts;
  readonly #scope = new Scope();
  readonly #attendance: Attendance;
  readonly #nextId = monotonicFactory();
  readonly #mediaAbsence: MediaAbsence;
  readonly capacity = new MediaCapacity();
  #taking = false;

  /** Use `openBrain`. */
  constructor(config: Config, clock: Clock, logger: Logger, ledger: Ledger, epoch: number) {
    this.config = config;
    this.clock = clock;
    this.logger = logger;
    this.ledger = ledger;
    this.store = openStore(ledger, clock);
    this.#kept = readKept(ledger, this.store);
    this.#rows = new Rows(ledger, clock);
    this.plans = this.#makePlans();
    this.media = new MediaClient(
      {
        host: '127.0.0.1',
        port: config.media.rpcPort,
        secret: readSecret(siteFiles(config).mediaSecret),
        brain: nodeName,
        epoch,
      },
      logger,
    );
    this.#spoken = new SpokenPrompts({ prepare: (file) => prepare(this.media, file), rows: this.#rows, logger });
    this.phones = this.#makePhones();
    this.sip = this.#makeSip();
    this.floor = new Floor(
      {
        ...{ clock, epoch, rows: this.#rows, node: nodeName },
        ...{ plan: () => this.plans.current, calls: () => this.calls, desks: () => this.desks },
        devicesOf: (agentId) => this.phones.toRing(agentId),
        pagesOf: (agentId) => this.phones.pagesOf(agentId),
        recall: (agentId, callId) => this.transfers.recall(agentId, callId),
      },
      this.#kept.routing,
      this.#kept.wholeRouting,
    );
    this.#attendance = new Attendance({
      clock,
      signIn: (agentId) => this.floor.signIn(agentId),
      signOut: (agentId) => void this.floor.signOut(agentId),
    });
    this.calls = this.#makeCalls();
    this.#mediaAbsence = new MediaAbsence({ clock, logger, calls: () => this.calls });
    this.listening = new Listening({
      directory: join(config.dialplans, 'rules'),
      clock,
      logger,
      ledger,
      rows: this.#rows,
      nextId: () => this.#nextId(),
      call: (callId) => this.calls.get(callId),
      desks: () => this.desks,
      setPhrases: async (revision, phrases) => {
        const answer = await this.media.call('setPhrases', { revision, phrases: [...phrases] });
        return answer.ok ? answer.value.rejected : [];
      },
    });
    this.recording = makeRecordings({
      ...{ config, clock, logger, ledger, rows: this.#rows, plans: this.plans, calls: () => this.calls },
    });
    this.recorders = new OutsideRecorders({
      ...{ clock, logger, rows: this.#rows, domain: config.sip.domain, media: recorderMedia(this.media) },
      ...{ calls: () => this.calls, plan: () => this.plans.current, sip: () => this.sip },
    });
    this.quality = new QualityWatch({
      ...{ clock, logger, ledger, rows: this.#rows, calls: () => this.calls },
      statistics: () => statisticsOf(this.media),
      changed: (callId, legs) => this.desks.qualityChanged(callId, legs),
    });
    this.roles = new Roles(this.store.accounts, this.logger);
    this.desks = new Desks({
      boot: this.#nextId(),
      clock,
      plan: () => this.plans.current,
      agent: (agentId) => this.floor.agent(agentId),
      phonesOf: (agentId) => this.phones.phonesOf(agentId),
      nameOf: (number) => this.store.contacts.find(number)?.name,
      past: (callId) => this.listening.past(callId),
      supervises: (agentId) => this.roles.supervises(agentId),
    });
    this.outbound = this.#makeOutbound();
    this.web = makeWebCalls(this.config, { ...this, trouble: () => this.#trouble() });
    this.transfers = this.#makeTransfers();
    this.supervision = makeSupervision(this);
    this.conferences = new Conferences({ calls: () => this.calls, transfers: this.transfers });
    this.gateway = this.#makeGateway();
  }

  /** True once everything is connected and calls are taken. */
  get ready(): boolean {
    return this.#taking && this.sip.connected && this.media.isConnected && this.ledger.health().writable;
  }

  /** Takes up what was kept, connects to engine and media node, compares, and begins to take calls. */
  async start(): Promise<void> {
    const defer = this.#scope.defer.bind(this.#scope);
    defer('ledger', () => this.ledger.close());
    defer('dialplans', () => this.plans.close());
    await this.plans.start();
    defer('rules', () => this.listening.close());
    await this.listening.start();
    defer('recordings', () => this.recording.close());
    this.recording.start();
    defer('recorders', () => this.recorders.close());
    defer('quality', this.quality.start());
    for (const call of this.#kept.calls) {
      this.#rows.callBegan(call.callId, partyOf(call));
      this.calls.restore(call);
      this.desks.callChanged(call);
    }
    defer('calls', () => this.calls.close());
    defer('floor', () => this.floor.close());
    const { current } = this.plans;
    if (current !== undefined) this.roles.take(current);
    if (current !== undefined) this.floor.configure(current);
    if (current !== undefined) this.sip.trunks.configure(trunkPlanOf(current));
    defer('phones', () => this.phones.close());
    defer('sip', () => this.sip.close());
    await this.sip.start({ dialogs: this.#kept.dialogs, bindings: this.#kept.bindings });
    defer('media', () => this.media.close());
    this.#listenToMedia();
    await this.media.connect();
    const dialogs = new Map(this.#kept.dialogs.map(({ legId, dialog }) => [legId, dialog]));
    tellDialogs(this.calls, dialogs, (legId) => this.sip.bye(legId, 'the server restarted'));
    for (const call of this.calls.all()) this.calls.post(call.callId, { type: 'recovered' });
    this.floor.recover();
    // A desk that was left while nobody was here to see it is left all the same.
    for (const { id, presence } of this.floor.state.agents.values())
      if (presence.type !== 'offline') this.#attendance.watched(id, false);
    this.desks.queuesChanged(this.floor.queues());
    defer('desks', () => this.gateway.close());
    this.#taking = true;
  }

  /** Says goodbye on every call, then closes everything. Idempotent. */
  async close(): Promise<void> {
    this.#taking = false;
    await this.calls.endAll();
    this.#attendance.close();
    await this.#scope.close();
  }

  #makePlans(): Plans {
    return new Plans({
      directory: this.config.dialplans,
      clock: this.clock,
      logger: this.logger,
      onPlan: (plan) => {
        this.#rows.put({ type: 'plan-loaded', facts: { version: plan.version } });
        this.roles.take(plan);
        this.floor.configure(plan);
        this.sip.trunks.configure(trunkPlanOf(plan));
        this.desks.planChanged();
        this.#spoken.take(plan);
      },
      onRejected: (diagnostics) =>
        void this.#rows.put({ type: 'plan-rejected', facts: { diagnostics: diagnostics.slice(0, 20) } }),
    });
  }

  #makeCalls(): Calls {
    const { clock, logger } = this;
    const ports = {
      media: withInfoKeypad(
        mediaPort(this.media, this.sip, (counted) => this.quality.closed(counted)),
        {
          modes: this.#digits,
          send: (legId, keys) => this.sip.sendKeys(legId, keys),
          sent: (callId, dtmfId) => this.calls.post(callId, { type: 'keypad-sent', dtmfId }),
          refused: (callId, dtmfId, left) => this.calls.post(callId, { type: 'keypad-refused', dtmfId, left }),
          logger,
        },
      ),
      sip: this.sip,
      plan: this.plans,
      routing: this.floor,
      ledger: this.#rows,
      clock,
      logger,
    };
    return new Calls(ports, {
      changed: (state) => {
        this.desks.callChanged(state);
        this.recording.callChanged(state);
        this.recorders.callChanged(state);
        this.quality.callChanged(state);
      },
      retired: (state) => this.#retired(state),
    });
  }

  #makeOutbound(): Outbound {
    const { country, areaCode, ringInSeconds, longestInMinutes } = this.config.calls;
    return new Outbound({
      calls: () => this.calls,
      floor: () => this.floor,
      plan: () => this.plans.current,
      rows: this.#rows,
      nextId: () => this.#nextId(),
      trouble: () => this.#trouble(),
      deviceOf: (agentId) => this.phones.toSpeakOn(agentId),
      normalise: (number) => normalise(number, { country, areaCode }),
      country,
      ringMs: ringInSeconds * 1000,
      longestMs: longestInMinutes * 60_000,
    });
  }

  #makeTransfers(): Transfers {
    const { country, areaCode, ringInSeconds } = this.config.calls;
    return new Transfers({
      calls: () => this.calls,
      floor: () => this.floor,
      plan: () => this.plans.current,
      devicesOf: (agentId) => this.phones.toRing(agentId),
      normalise: (number) => normalise(number, { country, areaCode }),
      country,
      ringMs: ringInSeconds * 1000,
      answerRefer: (legId, token, status) => this.sip.answerRefer(legId, token, status),
    });
  }

  #trouble(): Problem | undefined {
    const { writable, reason } = this.ledger.health();
    if (!writable) return makeProblem('ledger-not-writable', { reason: reason ?? 'unknown' });
    return this.ready ? this.capacity.problem : makeProblem('dial-not-ready');
  }

  #retired(state: CallState): void {
    this.desks.callRetired(state);
    this.listening.callOver(state.callId);
    this.#digits.forgetCall(state.callId);
    this.#rows.callOver(state.callId);
    this.store.legs.removeCall(state.callId);
  }

  #makePhones(): Phones {
    const { config, clock, store } = this;
    return new Phones({
      ...{ clock, store, rows: this.#rows, realm: config.sip.domain },
      server: `${advertisedAddress(config)}:${String(config.sip.port)}`,
      isAgent: (id) => this.floor.agent(id) !== undefined,
      hasVideo: (id) => this.plans.current?.agents.get(id)?.video !== false,
      changed: (agentId) => {
        this.floor.setRegistered(agentId, this.phones.toRing(agentId).length > 0);
        this.desks.phonesChanged(agentId);
      },
      removed: (agentId, username) => this.sip.accountRemoved(agentId, username),
    });
  }

  #makeSip(): SipSide {
    return makeSip({
      ...this,
      rows: this.#rows,
      digits: this.#digits,
      nextId: () => this.#nextId(),
      calls: () => this.calls,
      transfers: () => this.transfers,
      recorders: () => this.recorders,
      invited: (invite) => this.#invited(invite),
    });
  }

  #invited(invite: Invite): Refusal | null {
    const { calls, ledger, outbound, transfers, web, capacity } = this;
    const open = this.#taking && this.media.isConnected;
    const longestMs = this.config.calls.longestInMinutes * 60_000;
    return enter(invite, { calls, ledger, outbound, transfers, web, capacity, rows: this.#rows, open, longestMs });
  }

  #listenToMedia(): void {
    const parts = { rows: this.#rows, digits: this.#digits, spoken: this.#spoken, absence: this.#mediaAbsence };
    this.#scope.defer('media events', listenToMedia({ ...this, ...parts }));
    this.#scope.defer('media absence', () => this.#mediaAbsence.close());
  }

  #makeGateway(): DeskGateway {
    return new DeskGateway({
      authenticate: (token) => this.store.accounts.byToken(token)?.id,
      feedOf: (agentId) => this.desks.feedOf(agentId),
      command: (agentId, command) => obey(commandPortsOf(this), agentId, command),
      watched: (agentId, watching) => this.#attendance.watched(agentId, watching),
      logger: this.logger,
    });
  }
}

/** Opens the ledger, takes the next epoch and makes the brain. Rejects with `LedgerError`. */
export async function openBrain(config: Config, clock: Clock, logger: Logger): Promise<Brain> {
  const files = siteFiles(config);
  const ledger = await openLedger({ file: files.database, keyFile: files.siteKey, node: nodeName, clock, logger });
  const epoch = await openStore(ledger, clock).meta.nextEpoch();
  return new Brain(config, clock, logger, ledger, epoch);
}
