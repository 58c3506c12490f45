/** The SIP side of the server: a drachtio application, the registrar, and the dialogs of our calls. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { EngineDialog } from '../../protocol/engine-link.ts';
import type { CallLadder } from '../../protocol/rest.ts';
import type { SipProtection } from '../../protocol/sip-protection.ts';
import { callHeader } from '../../protocol/ids.ts';
import type { LegPolicy } from '../../protocol/media-policy.ts';
import { Admission } from './admission.ts';
import { accountFinder } from './accounts.ts';
import type { SipAccount } from './authenticator.ts';
import type { Minted } from './credentials.ts';
import { inviteDevice } from './device-legs.ts';
import { Devices, type DeviceSettings } from './devices.ts';
import { Doorway } from './doorway.ts';
import { hasConnection, onClient, Srf, trunkTransport, withReconnect } from './drachtio.ts';
import { EngineLink } from './engine-link.ts';
import { Farewells } from './farewells.ts';
import { Guests } from './guests.ts';
import { askForPicture } from './media-control.ts';
import { tellPage } from './page-notes.ts';
import { shownMessage } from './ladder.ts';
import { audioOf } from './leg-audio.ts';
import { sendInfo } from './info-digits.ts';
import { Legs } from './legs.ts';
import { type Home, tellingDigits, userOf } from './numbers.ts';
import type { Binding, Destination, SipListener, StoredDialog, PhonePolicies } from './ports.ts';
import { RecorderLegs } from './recorders.ts';
import { withReplaces } from './replaces.ts';
import { Returns } from './returns.ts';
import { inviteOutside, tellingTrunks } from './trunk-legs.ts';
import { testTrunk } from './trunk-test.ts';
import type { AudioPlace } from './trunks/echo-audio.ts';
import { type TrunkOptions, Trunks } from './trunks/index.ts';
import type { TrunkCard } from './trunks/public.ts';
import { Vouching } from './vouching.ts';

export type * from './ports.ts';
export * from './trunks/public.ts';
export { normalise } from './numbers.ts';
export type { SipAccount } from './authenticator.ts';
export { type DeviceSettings, usualDeviceSettings } from './devices.ts';
export { type Ha1s, ha1sOf } from './digest.ts';

export interface SipOptions {
  readonly engine: { readonly host: string; readonly port: number; readonly secret: string };
  /** Absent with a stock drachtio-server, which has no engine link. */
  readonly link?: { readonly host: string; readonly port: number };
  readonly realm: string;
  readonly home: Home;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newCallId: () => string;
  readonly trunks: Pick<TrunkOptions, 'secretOf' | 'dayOf' | 'kept' | 'certificates' | 'draw'> & {
    /** Where the audio of test calls goes from. */
    readonly audio: AudioPlace;
    /** How long a test call talks. */
    readonly talkMs?: number;
  };
  /** Key of minted credentials and digest nonces; kept over restarts so that registrations stay valid. */
  readonly key: Buffer;
  /** The accounts of desk phones, from memory: every REGISTER asks. */
  readonly accountOf: (username: string) => SipAccount | undefined;
  readonly devices: DeviceSettings;
  /** What single desk phones want of their audio; absent: all of them what `devices` says. */
  readonly phones?: PhonePolicies;
  /** How long a browser in a call has to come back after the death of the engine, ms. */
  readonly returnMs: number;
}

/** What a restart of this server has to hand over. */
export interface Remembered {
  readonly dialogs: readonly { readonly legId: string; readonly dialog: StoredDialog }[];
  readonly bindings: readonly Binding[];
}

/** The tag under which the engine keeps our dialogs while we are away. */
const appTag = 'jackfield';
/** Between two attempts to reach the engine. */
const retryMs = 250;

export class SipSide {
  readonly #options: SipOptions;
  readonly #listener: SipListener;
  readonly #srf = new Srf(appTag);
  readonly #legs: Legs;
  readonly #devices: Devices;
  readonly #doorway: Doorway;
  /** Legs towards outside recorders. */
  readonly recorders: RecorderLegs;
  /** Their plan, their state, their tests. */
  readonly trunks: Trunks;
  /** Passes for calls from browsers. */
  readonly guests: Guests;
  #link: EngineLink | undefined;
  /** Dialogs from before the link was (last) lost: the engine is asked whether it still has them. */
  #doubtful: ReadonlySet<string> = new Set();
  #connected = false;
  readonly #farewells: Farewells;
  readonly #returns: Returns;
  readonly #vouching: Vouching;
  readonly #phones: PhonePolicies;
  /** Whether the engine was asked once what it holds of the server before this one. */
  #tookOver = false;

  constructor(options: SipOptions, listener: SipListener) {
    this.#options = options;
    this.#listener = listener;
    const { clock, home, realm, logger, accountOf } = options;
    const { audio } = options.devices;
    this.#phones = options.phones ?? { of: () => audio, some: (holds) => holds(audio) };
    this.guests = new Guests(realm);
    this.trunks = new Trunks({
      ...{ ...options.trunks, site: home, clock, transport: trunkTransport(this.#srf) },
      told: (event) => listener.trunkEvent(event),
    });
    this.#legs = new Legs(this.#srf, tellingTrunks(listener, this.trunks), logger);
    this.recorders = new RecorderLegs(this.#legs);
    this.#farewells = new Farewells(this.#srf, logger);
    this.#returns = new Returns({
      ...{ clock, waitMs: options.returnMs },
      dialogs: () => this.#link?.dialogs() ?? Promise.resolve([]),
      gone: (ids) => this.#legs.lose(ids),
    });
    this.#devices = new Devices(
      {
        ...options,
        accountOf: accountFinder({ accountOf, guests: this.guests, trunks: this.trunks, realm, clock }),
        srf: this.#srf,
        isConnected: () => this.#connected,
      },
      (agentId, bindings) => listener.registrationChanged(agentId, bindings),
    );
    this.#vouching = new Vouching({
      ...{ clock, logger, networks: () => this.trunks.addresses, peers: () => this.#devices.places() },
      tell: async (trusted) => this.#link?.trust(trusted),
    });
    const admission = new Admission({
      agentOn: (flow) => this.#devices.agentOn(flow),
      trunkAt: (address, uri) => this.trunks.trunkAt(address, userOf(uri)),
      authenticator: this.#devices.authenticator,
    });
    const { guests, trunks } = this;
    const parts = { guests, trunks, legs: this.#legs, devices: this.#devices };
    this.#doorway = new Doorway({ ...parts, clock, home, admission, listener, newCallId: options.newCallId });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Connects to the engine; with `remembered`, takes up the dialogs and registrations of the server before this one.
   * Resolves once the engine's inventory has been compared with ours (at once for a stock drachtio-server).
   */
  async start(remembered: Remembered): Promise<void> {
    const { engine, logger } = this.#options;
    this.#route();
    this.#srf.on('connect', (err) => {
      if (err instanceof Error) return logger.error({ err }, 'the SIP engine refused the connection');
      this.#setConnected(true);
    });
    this.#srf.on('error', (err) => logger.debug({ err }, 'the connection to the SIP engine failed'));
    void this.#srf.connect(withReconnect(engine, retryMs));
    // After connect() made the client and before its socket is up: no request of these dialogs can be missed.
    for (const { legId, dialog } of remembered.dialogs) {
      this.#legs.restore(legId, dialog);
      if (dialog.trunk !== undefined) this.trunks.restored(legId, dialog.trunk);
    }
    this.#devices.restore(remembered.bindings);
    this.#doubtful = this.#legs.dialogIds();
    onClient(this.#srf, 'close', () => this.#setConnected(false));
    onClient(this.#srf, 'reconnecting', () => this.#setConnected(false));
    await this.#startLink();
  }

  answer(legId: string, sdp: string): void {
    this.#legs.answer(legId, sdp);
  }

  progress(legId: string, status: number, sdp: string | null): void {
    this.#legs.progress(legId, status, sdp);
  }

  acknowledge(legId: string, sdp: string): void {
    this.#legs.acknowledge(legId, sdp);
  }

  reject(legId: string, status: number, reason: string): void {
    this.#legs.reject(legId, status, reason);
    this.trunks.over(legId);
  }

  answerRefer(legId: string, token: number, status: number): void {
    this.#legs.answerRefer(legId, token, status);
  }

  notifyRefer(legId: string, status: number, reason: string, last: boolean): void {
    this.#legs.notifyRefer(legId, status, reason, last);
  }

  /** INVITEs one device of an agent, or somebody outside. */
  invite(leg: {
    readonly legId: string;
    readonly callId: string;
    readonly destination: Destination;
    readonly sdp: string | null;
    readonly from: string;
    readonly referredBy?: string;
  }): void {
    const { legId, callId, destination, sdp, referredBy } = leg;
    const headers = { [callHeader]: callId, ...(referredBy === undefined ? {} : { 'Referred-By': referredBy }) };
    if (destination.type === 'outside') {
      const ports = { trunks: this.trunks, legs: this.#legs, listener: this.#listener, home: this.#options.home };
      return inviteOutside({ ...destination, legId, sdp, from: leg.from, headers }, ports);
    }
    inviteDevice(
      { ...destination, legId, sdp, from: leg.from, headers },
      { devices: this.#devices, legs: this.#legs, listener: this.#listener, phones: this.#phones },
    );
  }

  /** {@link Legs.sourceOf} */
  sourceOf(legId: string): string | undefined {
    return this.#legs.sourceOf(legId);
  }

  /** {@link audioOf} */
  audioOf(legId: string): LegPolicy {
    return audioOf(legId, { legs: this.#legs, trunks: this.trunks, phones: this.#phones });
  }

  /** Keys for the far side of a leg, by INFO; what it refused of them, empty if nothing. */
  sendKeys(legId: string, digits: string): Promise<string> {
    return sendInfo(this.#legs.dialogOf(legId), digits);
  }

  cancel(legId: string, answeredElsewhere: boolean): void {
    this.#legs.cancel(legId, answeredElsewhere);
    this.trunks.over(legId);
  }

  bye(legId: string, cause: string): void {
    this.#legs.bye(legId, cause);
    this.trunks.over(legId);
  }

  reinvite(legId: string, sdp: string): void {
    this.#legs.reinvite(legId, sdp);
  }

  tellVideo(legId: string, paused: boolean): void {
    tellPage(this.#legs.dialogOf(legId), { video: paused ? 'paused' : 'on' }, this.#options.logger);
  }

  wantPicture(legId: string): void {
    askForPicture(this.#legs.dialogOf(legId), this.#options.logger);
  }

  answerReinvite(legId: string, token: number, sdp: string | null): void {
    this.#legs.answerReinvite(legId, token, sdp);
  }

  /** Credentials with which an agent's softphone registers, valid until `expiresAt`. */
  mint(agentId: string, expiresAt: number): Minted {
    return this.#devices.mint(agentId, expiresAt);
  }

  /** An agent's registered devices, the newest last. */
  devicesOf(agentId: string): readonly Binding[] {
    return this.#devices.of(agentId);
  }

  /** The account is gone: what is registered under it goes too. */
  accountRemoved(agentId: string, username: string): void {
    this.#devices.accountRemoved(agentId, username);
  }

  /** The SIP messages of a call that the engine remembers, masked unless asked; undefined when it cannot be asked. */
  async ladder(callId: string, unmasked: boolean): Promise<CallLadder | undefined> {
    const found = await this.#link?.ladder({ callIds: [], mark: { header: callHeader, value: callId } });
    if (found === undefined) return undefined;
    return {
      masked: !unmasked,
      left: found.left,
      messages: found.messages.map((each) => shownMessage(each, unmasked)),
    };
  }

  /** Whom our defences hold back now, and what was dropped since the engine's start. */
  async protection(): Promise<SipProtection> {
    const now = this.#options.clock.now();
    const engine = await this.#link?.protection();
    const limited = (engine?.sources ?? []).map(({ source, reason, dropped, at, until }) => ({
      ...{ source, reason, count: dropped, at },
      until: Math.max(until, now),
    }));
    const closed = this.#devices.authenticator.closed(now).map(({ source, user, wrong, until }) => ({
      ...{ source, user, until },
      ...{ reason: 'wrong-passwords', count: wrong },
    }));
    return { dropped: engine?.dropped ?? null, held: [...closed, ...limited] };
  }

  /** Lets a source go again; false when nothing held it. */
  async release(source: string): Promise<boolean> {
    const released = this.#devices.authenticator.release(source);
    return (await this.#link?.release(source)) === true || released;
  }

  /** A person with this number is erased: the engine keeps nothing of their calls that are over. */
  async forget(number: string): Promise<void> {
    // In signalling it may stand with or without country code and trunk prefix.
    const digits = tellingDigits(number);
    await this.#link?.forget(digits === undefined ? [] : [digits]);
  }

  close(): void {
    this.#vouching.stop();
    this.#link?.close();
    this.#legs.stopWaiting();
    for (const each of [this.trunks, this.#returns, this.#devices]) each.close();
    if (hasConnection(this.#srf)) this.#srf.disconnect();
  }

  #route(): void {
    this.#srf.invite((req, res) => this.#doorway.invited(req, res));
    this.#srf.use('register', (req, res) => this.#devices.register(req, res));
    this.#srf.use('options', (_req, res) =>
      res.send(200, { headers: { Allow: 'INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, REFER', ...withReplaces() } }),
    );
    // Outside a dialog there is no call to hand over, and nobody here places calls for others (RFC 3515 section 5).
    this.#srf.use('refer', (_req, res) => res.send(403, 'REFER inside a dialog only', {}));
  }

  /** {@link testTrunk} */
  testTrunk(id: string, number?: string): Promise<TrunkCard | undefined> {
    const { trunks, newCallId } = this.#options;
    const { audio, talkMs = 3000 } = trunks;
    return testTrunk(id, number, { ...{ srf: this.#srf, trunks: this.trunks }, ...{ audio, talkMs, newCallId } });
  }

  #setConnected(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    // The engine answers or cancels every undecided INVITE of a connection that is lost.
    if (!connected) this.#legs.failPending();
    if (!connected) this.#devices.engineLost();
    if (connected) this.#farewells.say();
    if (connected) this.trunks.start();
    this.#listener.engineChanged(connected);
  }

  /** The engine's dialogs and ours: what only one of us has is ended. */
  #compare(held: readonly EngineDialog[]): void {
    const ids = new Set(held.map((dialog) => dialog.id));
    const ours = this.#legs.dialogIds();
    for (const dialog of this.#legs.dropMissing(this.#doubtful, ids))
      this.#farewells.add({ type: 'forgotten', dialog });
    this.#doubtful = new Set();
    // Later on a dialog may be on its way to us; at the first look nothing can be, and nothing from before a death.
    for (const { id, tag, state, recovered } of held)
      if ((!this.#tookOver || recovered) && tag === appTag && state === 'confirmed' && !ours.has(id))
        this.#farewells.add({ type: 'orphan', dialogId: id });
    this.#tookOver = true;
    this.#returns.watch(held.filter(({ id }) => ours.has(id)));
    if (this.#connected) this.#farewells.say();
  }

  #startLink(): Promise<void> {
    const { engine, link, logger } = this.#options;
    if (link === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#link = new EngineLink({
        ...link,
        secret: engine.secret,
        logger,
        onReady: (held) => {
          this.#compare(held.dialogs);
          // First: pages whose connections are gone are forgotten by the next line, but come back from the same networks.
          this.#vouching.begin();
          this.#devices.flowsHeld(held.flows);
          resolve();
        },
        onLost: () => {
          logger.warn({}, 'the engine link was lost');
          this.#vouching.stop();
          this.#devices.engineLost();
          this.#doubtful = this.#legs.dialogIds();
        },
        onFlowLost: (contacts, remote) => this.#devices.flowLost(contacts, remote),
        onRefreshChallenged: (id, method) => this.#legs.refresh(id, method),
      });
      this.#link.start();
    });
  }
}
