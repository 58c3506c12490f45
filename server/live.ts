/** The living server as the HTTP API sees it. */
import { fail, ok, type Result } from '../base/result.ts';
import type { RingChoice } from '../protocol/desk.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type {
  AgentStateRequest,
  AgentSummary,
  CallLadder,
  DeviceAccountSummary,
  DeviceCredentials,
  DialRequest,
  DialplanStatus,
  QueueSummary,
  Readiness,
  SipCredentials,
  TransferCallRequest,
} from '../protocol/rest.ts';
import type { CallLegQuality } from '../protocol/quality.ts';
import type { SipProtection } from '../protocol/sip-protection.ts';
import type { TrunkCard, TrunkSummary } from '../protocol/trunks.ts';
import type { WebPass, WebPassRequest, WebRoute } from '../protocol/web-call.ts';
import { commandPortsOf } from './command-ports.ts';
import { obey } from './commands.ts';
import type { Conferences } from './conferences.ts';
import { webSocketUrls } from './config.ts';
import { deskAgentOf } from './desks.ts';
import type { LivePort } from './http/index.ts';
import { type Agent, queueViews } from './routing/index.ts';
import type { CallRecordings } from './call-recordings.ts';
import { rtpLossOf, type RtpLoss } from './rtp-loss.ts';
import type { Brain } from './server.ts';
import type { Supervision } from './supervision.ts';
import type { TransferStep } from './transfers.ts';
import { trunkSummaryOf } from './trunk-plan.ts';

export class Live implements LivePort {
  readonly #brain: Brain;

  constructor(brain: Brain) {
    this.#brain = brain;
  }

  get recordings(): CallRecordings {
    return this.#brain.recording;
  }

  get conferences(): Conferences {
    return this.#brain.conferences;
  }

  get supervision(): Supervision {
    return this.#brain.supervision;
  }

  agents(): readonly AgentSummary[] {
    const agents = this.#brain.floor.state.agents.values();
    return agents.sort((a, b) => (a.id < b.id ? -1 : 1)).map((agent) => this.#summaryOf(agent));
  }

  agent(agentId: string): AgentSummary | undefined {
    const agent = this.#brain.floor.agent(agentId);
    return agent === undefined ? undefined : this.#summaryOf(agent);
  }

  queues(): readonly QueueSummary[] {
    const { floor, plans, clock } = this.#brain;
    return queueViews(floor.state, clock.now()).map(({ queueId, waiting, oldestSince, agentsAvailable }) => ({
      id: queueId,
      name: plans.current?.queues.get(queueId)?.name.en ?? queueId,
      waiting,
      ...(oldestSince === undefined ? {} : { oldestSince }),
      agentsAvailable,
    }));
  }

  activeCalls(): number {
    return this.#brain.calls.active;
  }

  dialplan(): DialplanStatus {
    const { plans, config } = this.#brain;
    const { current, rejected, loadedAt, rejectedAt } = plans;
    return {
      ...(current === undefined ? {} : { version: current.version }),
      folder: config.dialplans,
      ...(loadedAt === undefined ? {} : { loadedAt }),
      files: [...new Set([...(current?.routes.values() ?? [])].map((route) => route.file))],
      ...(rejectedAt === undefined
        ? {}
        : {
            rejected: {
              at: rejectedAt,
              diagnostics: rejected.map(({ file, line, column, severity, message }) => ({
                file,
                line,
                column,
                severity,
                message,
              })),
            },
          }),
    };
  }

  readiness(): Readiness {
    const { sip, media, plans, ledger, listening, ready, recording, capacity } = this.#brain;
    const health = ledger.health();
    const part = (isReady: boolean, detail: string) => ({ ready: isReady, detail });
    return {
      ready: ready && plans.current !== undefined,
      parts: {
        'sip-engine': part(sip.connected, sip.connected ? 'connected' : 'not connected'),
        'media-node': part(media.isConnected, media.isConnected ? capacity.detail : 'not connected'),
        ledger: part(health.writable, health.writable ? 'writable' : `not writable: ${health.reason ?? 'unknown'}`),
        dialplan: part(plans.current !== undefined, plans.current?.version ?? 'no plan was ever right'),
        rules: part(true, listening.summary),
        recordings: part(true, recording.summary),
      },
    };
  }

  mintSipCredentials(agentId: string): Result<SipCredentials, Problem> {
    const { config, clock, sip } = this.#brain;
    const { domain, credentialsInSeconds } = config.sip;
    const { username, password, expiresAt } = sip.mint(agentId, clock.now() + credentialsInSeconds * 1000);
    const urls = webSocketUrls(config);
    return ok({
      aor: `sip:${agentId}@${domain}`,
      username,
      password,
      realm: domain,
      webSocketUrl: urls.plain,
      secureWebSocketUrl: urls.secure,
      expiresAt,
    });
  }

  setAgentState(agentId: string, wanted: AgentStateRequest, _by: string): Result<AgentSummary, Problem> {
    const { floor } = this.#brain;
    const agent = floor.agent(agentId);
    if (agent === undefined) return fail(makeProblem('not-found', { what: 'agent' }));
    const problem = obey(commandPortsOf(this.#brain), agentId, commandOf(wanted));
    const after = floor.agent(agentId);
    return problem !== undefined || after === undefined
      ? fail(problem ?? makeProblem('not-found', { what: 'agent' }))
      : ok(this.#summaryOf(after));
  }

  setRing(agentId: string, ring: RingChoice): Result<AgentSummary, Problem> {
    const { floor, phones } = this.#brain;
    const agent = floor.agent(agentId);
    if (agent === undefined) return fail(makeProblem('not-found', { what: 'agent' }));
    phones.choose(agentId, ring);
    return ok(this.#summaryOf(floor.agent(agentId) ?? agent));
  }

  devices(agentId: string): readonly DeviceAccountSummary[] {
    const { phones } = this.#brain;
    const { devices } = phones.phonesOf(agentId);
    return phones.accountsOf(agentId).map(({ name, username, createdAt }) => {
      return { name, username, createdAt, registered: devices.filter((device) => device.name === name) };
    });
  }

  addDevice(agentId: string, name: string): Promise<Result<DeviceCredentials, Problem>> {
    return this.#brain.phones.add(agentId, name);
  }

  removeDevice(agentId: string, device: string): Promise<Result<undefined, Problem>> {
    return this.#brain.phones.remove(agentId, device);
  }

  webRoutes(): readonly WebRoute[] {
    return this.#brain.web.routes();
  }

  webPass(wanted: WebPassRequest): Result<WebPass, Problem> {
    return this.#brain.web.pass(wanted);
  }

  dial({ agentId, to, from, queue, lateOffer }: DialRequest, by: string): Result<string, Problem> {
    return this.#brain.outbound.dial({ agentId, to, from, queue, lateOffer, by });
  }

  quality(callId: string): readonly CallLegQuality[] {
    return this.#brain.quality.of(callId);
  }

  async rtpLoss(): Promise<RtpLoss | undefined> {
    const { media } = this.#brain;
    if (!media.isConnected) return undefined;
    const inventory = await media.call('inventory', {});
    return inventory.ok ? rtpLossOf(inventory.value.endpoints) : undefined;
  }

  async queueDropped(): Promise<Readonly<Record<string, number>> | undefined> {
    const { media } = this.#brain;
    if (!media.isConnected) return undefined;
    const inventory = await media.call('inventory', {});
    return inventory.ok ? inventory.value.dropped : undefined;
  }

  mediaCapacity(): { readonly full: string | null; readonly refused: Readonly<Record<string, number>> } {
    const { full, refused } = this.#brain.capacity;
    return { full, refused };
  }

  async ladder(callId: string, unmasked: boolean, by: string): Promise<Result<CallLadder, Problem>> {
    const { sip, ledger, clock } = this.#brain;
    const found = await sip.ladder(callId, unmasked);
    if (found === undefined) return fail(makeProblem('no-ladder'));
    const facts = { by, messages: found.messages.length };
    if (unmasked) ledger.append([{ type: 'ladder-read', callId, at: clock.now(), facts }]);
    return ok(found);
  }

  protection(): Promise<SipProtection> {
    return this.#brain.sip.protection();
  }

  async release(source: string, by: string): Promise<boolean> {
    const { sip, ledger, clock } = this.#brain;
    const released = await sip.release(source);
    if (released) ledger.append([{ type: 'source-released', at: clock.now(), facts: { source, by } }]);
    return released;
  }

  trunks(): readonly TrunkSummary[] {
    return this.#brain.sip.trunks.views().map(trunkSummaryOf);
  }

  async testTrunk(id: string, number: string | undefined): Promise<TrunkCard | undefined> {
    const card = await this.#brain.sip.testTrunk(id, number);
    return card && { ...card, checks: [...card.checks] };
  }

  transfer(callId: string, { to, type }: TransferCallRequest, _by: string): Result<undefined, Problem> {
    const problem = this.#brain.transfers.begin({ callId, to, way: 'api', consult: type === 'attended' });
    return problem === undefined ? ok(undefined) : fail(problem);
  }

  proceedTransfer(callId: string, what: TransferStep): Result<undefined, Problem> {
    const problem = this.#brain.transfers.proceed(callId, what);
    return problem === undefined ? ok(undefined) : fail(problem);
  }

  forget(number: string): Promise<void> {
    return this.#brain.sip.forget(number);
  }

  hangUp(callId: string, _by: string): Result<undefined, Problem> {
    return this.#brain.calls.post(callId, { type: 'hang-up-asked', cause: 'admin-hangup' })
      ? ok(undefined)
      : fail(makeProblem('no-such-call'));
  }

  #summaryOf(agent: Agent): AgentSummary {
    const { id, name, presence, pauseReason, activity, since } = deskAgentOf(agent);
    return {
      id,
      name,
      presence,
      ...(pauseReason === undefined ? {} : { pauseReason }),
      activity,
      since,
      registered: agent.registered,
      ...this.#brain.phones.phonesOf(id),
      ...('callId' in agent.activity ? { callId: agent.activity.callId } : {}),
    };
  }
}

function commandOf(wanted: AgentStateRequest) {
  switch (wanted.presence) {
    case 'available':
      return { type: 'go-available' } as const;
    case 'paused':
      return { type: 'pause', reason: wanted.reason ?? '' } as const;
    case 'offline':
      return { type: 'sign-out' } as const;
  }
}
