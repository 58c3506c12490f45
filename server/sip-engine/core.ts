import { systemClock } from '../../base/clock.ts';
import type { Cancel } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { silentLogger } from '../../base/logger.ts';
import type { Logger } from '../../base/logger.ts';
import { assertNever } from '../../base/assert-never.ts';
import type { EngineContext } from './agent/context.ts';
import { knownExtensions } from './agent/admission.ts';
import { AppAnswers } from './agent/app-answers.ts';
import { Deliveries } from './agent/deliveries.ts';
import { DialogKeeper } from './agent/dialog-keeper.ts';
import { LatePracks } from './agent/late-pracks.ts';
import { ParkingLot } from './agent/parking-lot.ts';
import { ServerCalls } from './agent/server-calls.ts';
import { SessionTimers } from './agent/session-timers.ts';
import type { ChallengedRefresh, DialogParts } from './agent/session-timers.ts';
import { TakenRings } from './agent/taken-rings.ts';
import { UserAgentClient } from './agent/uac.ts';
import { UserAgentServer } from './agent/uas.ts';
import { Capture, defaultCapture } from './capture/capture.ts';
import type { Ends } from './capture/wire.ts';
import type { AppConnection, AppConnectionEvents } from './control/app-connection.ts';
import { Cdr } from './cdr/cdr.ts';
import { Apps, sameSecret } from './control/apps.ts';
import type { BoundAppPorts } from './control/apps.ts';
import type { AppCommand } from './control/command.ts';
import { Dialogs } from './dialog/dialog.ts';
import type { Dialog } from './dialog/dialog.ts';
import { fileDisk } from './journal/disk.ts';
import { Journal } from './journal/journal.ts';
import { Recovery } from './journal/recovery.ts';
import { Rings } from './journal/rings.ts';
import { allTimers, defaultPatience, defaultSession, placesOf } from './options.ts';
import type { EngineOptions } from './options.ts';
import type { ReadMessage, SipRequest } from './parser/message.ts';
import { Guard } from './protection/guard.ts';
import { Proxies } from './proxy/proxies.ts';
import { Relay } from './proxy/relay.ts';
import { backlogOf, defaultLimits, parseLimits } from './limits.ts';
import { Reception } from './reception.ts';
import { CachedDns } from './resolve/cached-dns.ts';
import { NodeDns } from './resolve/dns-port.ts';
import { Resolver } from './resolve/resolver.ts';
import { Dispatch } from './route/dispatch.ts';
import type { TransactionCharge } from './transaction/server-transaction.ts';
import type { EngineSurroundings } from './surroundings.ts';
import { TransactionLayer } from './transaction/transaction-layer.ts';
import { Bindings } from './transport/bindings.ts';
import { Certificates, defaultTrust } from './transport/certificates.ts';
import { flowText, remoteOf } from './transport/flow.ts';
import type { Address, Flow, FlowLost } from './transport/flow.ts';
import type { TransportEvents } from './transport/listener.ts';
import { TransportLayer } from './transport/transport-layer.ts';

/** What srf compares with v0.8.2 before it pings; names us as well. */
export const controlVersion = 'v0.9.10-jackfield';

/** The engine's parts put together; `index.ts` is the door to it. */
export class EngineCore {
  readonly context: EngineContext;
  readonly reception: Reception;
  /** Turns away scanners and whoever asks for too much. */
  readonly guard: Guard;
  readonly serverCalls = new ServerCalls();
  readonly uas: UserAgentServer;
  readonly uac: UserAgentClient;
  readonly proxies: Proxies;
  /** Contacts whose connection closed. */
  readonly flowLost = new Emitter<FlowLost>();
  readonly certificates: Certificates;
  /** The latest messages as they were on the wire. */
  readonly capture: Capture;
  /** Where confirmed dialogs are written down; absent without `--journal`. */
  readonly journal: Journal | undefined;
  readonly recovery: Recovery | undefined;
  readonly #rings: Rings | undefined;
  readonly #takenRings: TakenRings;
  readonly #dns: NodeDns;
  readonly #options: EngineOptions;
  readonly #keeper: DialogKeeper;
  readonly #answers: AppAnswers;
  readonly #sessions: SessionTimers;
  #cancelUnsure: Cancel = () => {};
  #closing = false;

  constructor(options: EngineOptions, around: EngineSurroundings) {
    const { clock = systemClock, log = silentLogger } = around;
    this.#options = options;
    const disk = around.journal ?? (options.journal === undefined ? undefined : fileDisk(options.journal));
    this.journal = disk === undefined ? undefined : new Journal(disk, clock, log);
    this.#rings = this.journal && new Rings(clock, this.journal);
    const timers = allTimers(options);
    const patience = { ...defaultPatience, ...options.patience };
    const session = { ...defaultSession, ...options.session };
    this.guard = new Guard(options.protection ?? {}, () => this.#countedOn(), clock, log, around.giveBack);
    const transactions = new TransactionLayer(
      { clock, timers, reopen: (flow, via) => this.context.transport.reopen(flow, via) },
      {
        admit: (request, flow) => this.#admit(request, flow),
        request: (transaction) => this.uas.request(transaction),
        ack: (read, flow) => this.uas.ack(read, flow),
        strayResponse: (read, flow) => this.uac.stray(read, flow),
      },
    );
    const limits = { ...defaultLimits, ...options.limits };
    this.reception = new Reception(transactions, log, parseLimits(limits));
    const isCrowd = ({ remote }: Ends): boolean => this.guard.isCrowd(remote);
    this.capture = new Capture({ ...defaultCapture, ...options.capture }, log, isCrowd);
    this.certificates = new Certificates(options.certificate, { ...defaultTrust, ...options.tls }, clock, log);
    const transport = new TransportLayer({
      places: placesOf(options),
      certificates: this.certificates,
      events: this.#arrivals(),
      backlog: backlogOf(limits),
      within: parseLimits(limits),
      connections: limits.connections,
      clock,
      // Some grace for the way, RFC 5626 section 4.4.1.
      idle: { idle: patience.idle, promised: patience.flowTimer * 1.25 },
      busy: () => this.#busyFlows(),
      connectTimeout: patience.connect,
      log,
    });
    this.#dns = new NodeDns(options.dns);
    const dns = new CachedDns(this.#dns, clock);
    const resolver = new Resolver({ dns, clock, log, reach: transport, random: Math.random });
    const { admin, adminTls } = options;
    const apps = new Apps({ admin, adminTls, certificates: this.certificates, log }, this.#appEvents(log), clock);
    const cdr = new Cdr(apps, clock, options.cdr ?? true);
    const lot = new ParkingLot(clock, patience.parkingGrace);
    const dialogs = new Dialogs((dialog) => this.context.latePracks.keep(dialog));
    const bindings = new Bindings(clock);
    this.recovery = this.journal && new Recovery(this.journal.read(), log);
    this.context = {
      clock,
      log,
      timers,
      patience,
      session,
      limits,
      supports: new Set([...knownExtensions, ...(options.supports ?? [])]),
      transport,
      resolver,
      transactions,
      dialogs,
      latePracks: new LatePracks(clock, timers),
      bindings,
      apps,
      cdr,
      lot,
      recovery: this.recovery,
      rings: this.#rings,
    };
    bindings.peer = ({ host, port }, until) => this.guard.trust.registered(host, port, until, clock.now());
    const deliveries = new Deliveries(this.context);
    this.#keeper = new DialogKeeper(this.context, deliveries);
    this.#sessions = new SessionTimers(this.context, this.#keeper);
    const awaitsNotify: DialogParts['awaitsNotify'] = (notify, then) => this.uac.awaitsNotify(notify, then);
    this.#takenRings = new TakenRings(this.context, this.#keeper);
    const parts: DialogParts = { keeper: this.#keeper, sessions: this.#sessions, awaitsNotify };
    this.proxies = new Proxies(this.context, this.serverCalls, options.secret);
    const passage = {
      taken: this.#takenRings,
      relay: new Relay(this.context, this.proxies),
      proxies: this.proxies,
      dispatch: new Dispatch(this.context, deliveries, this.serverCalls, this.proxies, options.routes ?? []),
    };
    this.reception.relay = passage.relay;
    this.uas = new UserAgentServer(this.context, deliveries, parts, this.serverCalls, passage);
    this.#answers = new AppAnswers(this.context, deliveries, parts, this.serverCalls);
    this.uac = new UserAgentClient(this.context, deliveries, parts);
  }

  /** What connections of apps tell. */
  #appEvents(log: Logger): AppConnectionEvents {
    return {
      command: (command, app) => this.#guarded(command, app),
      broken: (reason, app) => {
        log.warn({ reason, app: app.id }, 'app sent frames that cannot be read');
        app.close();
      },
      closed: (app) => this.#appClosed(app),
    };
  }

  /** What the transports tell: where messages go, and who hears of closed connections. */
  #arrivals(): TransportEvents {
    const { capture, guard, reception } = this;
    return {
      wire: (direction, ends, ...parts) => capture.note(direction, ends, parts),
      admits: (bytes, from, reliable) => guard.admits(bytes, from, reliable),
      datagram: (bytes, flow) => reception.datagram(bytes, flow),
      message: (read, flow) => {
        if (guard.admitsRead(read, flow.remote)) reception.message(read, flow);
      },
      malformed: (error, flow) => reception.malformed(error, flow),
      opened: () => {},
      closed: (flow) => this.#flowClosed(flow),
    };
  }

  /** Refreshes that only an app with a password can make. */
  get challenged(): Emitter<ChallengedRefresh> {
    return this.#sessions.challenged;
  }

  /** Nothing of these texts (numbers of a person) is kept of calls that are over: not in the journal, not for ladders. */
  async forget(texts: readonly string[]): Promise<void> {
    this.capture.forget(({ parts }) => parts.some((part) => texts.some((text) => part.includes(text))));
    await this.journal?.tidy();
  }

  /** One frame must never take the engine and everybody's calls down; a fault of ours is logged and refused. */
  #guarded(command: AppCommand, app: AppConnection): void {
    try {
      this.#command(command, app);
    } catch (err) {
      this.context.log.error({ err, command: command.type }, 'a frame could not be dealt with');
      app.reply(command.id, 'NOK', 'Server error: internal fault, see the log of the engine');
    }
  }

  #command(command: AppCommand, app: AppConnection): void {
    if (!app.authenticated && command.type !== 'authenticate') {
      app.reply(command.id, 'NO', 'not authenticated');
      app.end();
      return;
    }
    switch (command.type) {
      case 'authenticate':
        return this.#authenticate(command, app);
      case 'ping':
        return app.reply(command.id, 'OK', 'pong');
      case 'route':
        app.routes.add(command.verb);
        return app.reply(command.id, 'OK');
      case 'remove-route':
        app.routes.delete(command.verb);
        return app.reply(command.id, 'OK');
      case 'sip':
        if (command.message.start.type === 'request') return this.uac.send(app, command);
        return this.#answers.respond(app, command.id, command.transactionId, command.message);
      case 'proxy':
        return this.proxies.begin(app, command);
      case 'bad-message':
        return app.reply(command.id, 'NOK', `Server error: ${command.reason}`);
      case 'misuse':
        app.reply(command.id, 'NO', command.reason);
        return app.end();
      default:
        return assertNever(command, 'app command');
    }
  }

  #authenticate(command: Extract<AppCommand, { type: 'authenticate' }>, app: AppConnection): void {
    const { log, transport, clock, patience } = this.context;
    if (!sameSecret(command.secret, this.#options.secret)) {
      log.warn({ app: app.id }, 'app gave a wrong secret');
      app.reply(command.id, 'NO', 'wrong secret');
      app.end();
      return;
    }
    app.tags = command.tags;
    const bound = transport.listeners.map((listener) => flowText(listener.protocol, listener.address));
    const visible = transport.listeners.map((listener) => flowText(listener.protocol, listener.visible));
    app.reply(command.id, 'OK', `${visible.join(',')}|${controlVersion}|${bound.join(',')}`);
    log.info({ app: app.id, tag: app.tag }, 'app connected');
    app.admit();
    if (app.dialled) return;
    // srf tells its user of the connection a turn later; what waited should come after that.
    clock.at(clock.now() + patience.echoLead, () => this.#adopt(app));
  }

  #adopt(app: AppConnection): void {
    if (!app.open) return;
    for (const dialog of this.context.dialogs.values()) {
      if (dialog.owner === undefined && dialog.tag === app.tag) this.#keeper.adopt(dialog, app);
    }
    this.context.lot.release(app.tag, app);
    this.recovery?.settled();
  }

  #appClosed(app: AppConnection): void {
    // Whose engine is being replaced comes back to the next one: nothing is ended.
    if (!app.authenticated || this.#closing) return;
    const { log, apps, dialogs } = this.context;
    log.info({ app: app.id, tag: app.tag }, 'app connection lost');
    const heir = app.dialled ? undefined : apps.newest(app.tag);
    for (const dialog of [...dialogs.values()]) {
      if (dialog.owner !== app) continue;
      // Nobody comes back to a connection the engine made: what the app left behind ends.
      if (app.dialled) this.#keeper.end(dialog, 'Session owner lost');
      else if (heir === undefined) this.#keeper.park(dialog);
      else this.#keeper.adopt(dialog, heir);
    }
    this.uas.ownerLost(app);
    this.uac.ownerLost(app);
  }

  /** Who strangers must not crowd out: registered connections, and the far ends of dialogs and of requests of ours. */
  *#countedOn(): Iterable<Address> {
    const { bindings, dialogs, transactions } = this.context;
    for (const flow of bindings.flows()) yield flow.remote;
    for (const flow of transactions.clientFlows()) yield flow.remote;
    for (const { flow } of dialogs.values()) yield flow.remote;
  }

  #admit(request: ReadMessage<SipRequest>, flow: Flow): TransactionCharge | undefined {
    const gate = this.guard.transaction(flow, request.message.method === 'INVITE');
    if (gate.type === 'busy') this.reception.busy(request.message, flow);
    return gate.type === 'charge' ? gate.charge : undefined;
  }

  /** The flows that must not be closed for being idle: somebody is to be reached by them. */
  #busyFlows(): ReadonlySet<Flow> {
    const { bindings, dialogs, transactions } = this.context;
    const flows = new Set<Flow>([...bindings.flows(), ...transactions.flows()]);
    for (const dialog of dialogs.values()) flows.add(dialog.flow);
    return flows;
  }

  #flowClosed(flow: Flow): void {
    const contacts = this.context.bindings.lost(flow);
    this.context.transactions.flowLost(flow);
    this.proxies.flowLost(flow);
    if (contacts.length > 0) this.flowLost.emit({ at: this.context.clock.now(), contacts, remote: remoteOf(flow) });
  }

  /** Binds SIP ports, then the admin ports. */
  async start(): Promise<BoundAppPorts> {
    this.serverCalls.removed = ({ transactionId }) => this.#rings?.over(transactionId);
    this.recovery?.takeUp((dialog) => this.#park(dialog));
    try {
      await this.context.transport.start();
      this.capture.start();
      this.certificates.watch();
      this.#resume();
      return await this.context.apps.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #park(dialog: Dialog): void {
    this.context.dialogs.add(dialog);
    this.#keeper.park(dialog);
    this.#sessions.resume(dialog);
    this.#keeper.expires(dialog);
  }

  /** The ports are ours: calls of before go on, and from now on are written down here. */
  #resume(): void {
    const { clock, dialogs, patience } = this.context;
    if (this.journal === undefined) return;
    this.recovery?.reach((destination) => this.context.transport.flowTo(destination));
    this.#cancelUnsure = clock.at(clock.now() + patience.parkingGrace, () => this.recovery?.settled());
    dialogs.watchedBy(this.journal);
    this.journal.start(dialogs);
    this.#takenRings.takeUp(this.recovery?.rings ?? []);
  }

  /** Stops at once; peers are told nothing. What the journal holds is for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    this.certificates.close();
    this.#dns.close();
    this.capture.close();
    this.guard.close();
    this.#cancelUnsure();
    this.#rings?.close();
    await this.journal?.close();
    await this.context.apps.close();
    this.context.lot.close();
    this.proxies.close();
    this.context.transactions.close();
    for (const dialog of [...this.context.dialogs.values()]) this.context.dialogs.remove(dialog);
    await this.context.transport.close();
  }
}
