/** What the HTTP API needs of the living server. `main.ts` connects these ports. */
import type { Result } from '../../base/result.ts';
import type { Problem } from '../../protocol/problems/index.ts';
import type {
  AgentStateRequest,
  AgentSummary,
  DialplanStatus,
  QueueSummary,
  Readiness,
  SipCredentials,
} from '../../protocol/rest.ts';

/** Live facts and the few commands that change them. All of it must answer at once: nothing here waits for the disk. */
export interface LivePort {
  agents(): readonly AgentSummary[];
  queues(): readonly QueueSummary[];
  /** How many calls are going on. */
  activeCalls(): number;
  dialplan(): DialplanStatus;
  readiness(): Readiness;
  /** New registration credentials for an agent's softphone; the agent exists. A problem when SIP is not up. */
  mintSipCredentials(agentId: string): Result<SipCredentials, Problem>;
  /** `by`: the account that asks, for the ledger. */
  setAgentState(agentId: string, wanted: AgentStateRequest, by: string): Result<AgentSummary, Problem>;
  /** Ends a call; its end is told by the ledger. */
  hangUp(callId: string, by: string): Result<undefined, Problem>;
}
