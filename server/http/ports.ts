/** What the HTTP API needs of the living server. `main.ts` connects these ports. */
import type { Result } from '../../base/result.ts';
import type { RingChoice } from '../../protocol/desk.ts';
import type { Problem } from '../../protocol/problems/index.ts';
import type { RecordingSummary, RecordingTimeline, RecordingVerdict } from '../../protocol/rest.ts';
import type {
  AgentStateRequest,
  AgentSummary,
  CallLadder,
  DeviceAccountSummary,
  DeviceCredentials,
  DialRequest,
  DialplanStatus,
  MemberRequest,
  MemberSummary,
  QueueSummary,
  Readiness,
  SipCredentials,
  TransferCallRequest,
} from '../../protocol/rest.ts';
import type { CallLegQuality } from '../../protocol/quality.ts';
import type { SipProtection } from '../../protocol/sip-protection.ts';
import type { TrunkCard, TrunkSummary } from '../../protocol/trunks.ts';
import type { WebPass, WebPassRequest, WebRoute } from '../../protocol/web-call.ts';

/** Recordings of calls. */
export interface RecordingsPort {
  /** What is known of a call's recording; undefined where there is none. */
  facts(callId: string): RecordingSummary | undefined;
  /** Opens its sound, on two channels or everybody's own; `by` has then listened to it. Close it. `tag` names these bytes. */
  open(
    callId: string,
    wanted: {
      readonly format?: 'wav' | 'ogg' | 'film' | undefined;
      readonly channels?: 'two' | 'all' | undefined;
    },
    by: string,
  ): Promise<Result<RecordingSound, Problem>>;
  timeline(callId: string): Promise<Result<RecordingTimeline, Problem>>;
  verify(callId: string): Promise<Result<Readonly<RecordingVerdict>, Problem>>;
  ask(callId: string, order: 'start' | 'pause' | 'resume' | 'mask' | 'unmask', by: string): Problem | undefined;
  hold(callId: string, held: boolean, by: string): Promise<Problem | undefined>;
  remove(callId: string, by: string): Promise<Problem | undefined>;
  erase(callIds: readonly string[]): Promise<{ readonly removed: number; readonly held: number }>;
}

export interface RecordingSound {
  readonly type: 'audio/wav' | 'audio/ogg' | 'video/webm' | 'video/x-matroska';
  readonly tag: string;
  readonly size: number;
  read(from: number, to: number): Buffer;
  close(): void;
}

/** Talks of more than two. A problem says why not; what becomes of it is told by the ledger. */
export interface ConferencesPort {
  members(callId: string): Result<readonly MemberSummary[], Problem>;
  /** Rings somebody who joins the talk as soon as they answer. */
  add(callId: string, to: string, way: 'api'): Problem | undefined;
  /** Takes the one who is consulted into the talk. */
  merge(callId: string): Problem | undefined;
  /** `by`: the account that asks. */
  drop(callId: string, member: string, by: string): Problem | undefined;
  set(callId: string, member: string, wanted: MemberRequest, by: string): Problem | undefined;
}

/** Supervision of talks. A problem says why not; what becomes of it is told by the ledger. */
export interface SupervisionPort {
  begin(callId: string, agentId: string, mode: 'listen' | 'whisper' | 'barge'): Problem | undefined;
  stop(callId: string, agentId: string): Problem | undefined;
  /** The supervisor becomes the caller's agent. */
  takeOver(callId: string, agentId: string): Problem | undefined;
}

/** Live facts and the few commands that change them. All of it must answer at once: nothing here waits for the disk. */
export interface LivePort {
  readonly recordings: RecordingsPort;
  readonly conferences: ConferencesPort;
  readonly supervision: SupervisionPort;
  agents(): readonly AgentSummary[];
  agent(agentId: string): AgentSummary | undefined;
  queues(): readonly QueueSummary[];
  /** How many calls are going on. */
  activeCalls(): number;
  dialplan(): DialplanStatus;
  readiness(): Readiness;
  /** New registration credentials for an agent's softphone; the agent exists. A problem when SIP is not up. */
  mintSipCredentials(agentId: string): Result<SipCredentials, Problem>;
  /** `by`: the account that asks, for the ledger. */
  setAgentState(agentId: string, wanted: AgentStateRequest, by: string): Result<AgentSummary, Problem>;
  /** Which of an agent's phones a call rings from now on. */
  setRing(agentId: string, ring: RingChoice): Result<AgentSummary, Problem>;
  /** Accounts of an agent's desk phones. */
  devices(agentId: string): readonly DeviceAccountSummary[];
  /** Makes an account for a desk phone. Resolves when durable; rejects with `LedgerError`. */
  addDevice(agentId: string, name: string): Promise<Result<DeviceCredentials, Problem>>;
  /** Removes one by its name or user name; a phone registered with it is no longer rung. */
  removeDevice(agentId: string, device: string): Promise<Result<undefined, Problem>>;
  /** What anybody may call from a browser. */
  webRoutes(): readonly WebRoute[];
  /** A pass for one call from a browser. */
  webPass(wanted: WebPassRequest): Result<WebPass, Problem>;
  /** Makes a call for an agent and gives its id; what becomes of it is told by the ledger. */
  dial(order: DialRequest, by: string): Result<string, Problem>;
  /** The SIP messages of a call; the ledger keeps who asked for them unmasked. */
  ladder(callId: string, unmasked: boolean, by: string): Promise<Result<CallLadder, Problem>>;
  /** Whom our defences hold back now. */
  protection(): Promise<SipProtection>;
  /** How the legs of a call sound, or sounded; empty where none was ever looked at. */
  quality(callId: string): readonly CallLegQuality[];
  /** Share of RTP packets lost on SIP legs, 0 to 1; undefined while the media node cannot be asked. */
  rtpLoss(): Promise<{ readonly received: number; readonly sent: number } | undefined>;
  /** What full queues of the media node dropped since its start, by stage; undefined while it cannot be asked. */
  /** Why the media node takes no new calls (null: it does), and how many were turned away for it, by reason. */
  mediaCapacity(): { readonly full: string | null; readonly refused: Readonly<Record<string, number>> };
  queueDropped(): Promise<Readonly<Record<string, number>> | undefined>;
  /** Lets a source go again; false when nothing held it. `by`: the account that asks, for the ledger. */
  release(source: string, by: string): Promise<boolean>;
  /** Trunks, in the order of the files. */
  trunks(): readonly TrunkSummary[];
  /** Tests a trunk; takes some seconds. Undefined: there is no such trunk. */
  testTrunk(id: string, number: string | undefined): Promise<TrunkCard | undefined>;
  /** Hands a call over for the agent who is in it; what becomes of it is told by the ledger. */
  transfer(callId: string, order: TransferCallRequest, by: string): Result<undefined, Problem>;
  /** Goes on with a transfer: changes between caller and target, hands over, or takes the caller back. */
  proceedTransfer(callId: string, what: 'swap' | 'complete' | 'cancel'): Result<undefined, Problem>;
  /** A person was erased: what is kept of them outside the ledger goes too. `number`: '' where only a key is known. */
  forget(number: string): Promise<void>;
  /** Ends a call; its end is told by the ledger. */
  hangUp(callId: string, by: string): Result<undefined, Problem>;
}
