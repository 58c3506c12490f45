/** The ledger: every business fact is one row of it. */
export { LedgerError, type LedgerErrorCode } from './errors.ts';
export { Ledger, type LedgerOptions, openLedger } from './ledger.ts';
export { eraseInLedgerFile, type LedgerFiles, verifyLedgerFile } from './maintenance.ts';
export type * from './types.ts';
export type { Verification, VerifyProblem } from './verify.ts';
export { type AgentStretch, agentHistory, foldAgentHistory } from './views/agent-history.ts';
export { foldCall } from './views/call-fold.ts';
export { isSupervisorsLeg, storyForAgents, tookPart } from './views/call-readers.ts';
export { type CallFilter, callStory, listCalls, type Page } from './views/calls.ts';
export { type QueueCount, QueueCounters, type QueueCounts } from './views/queue-counters.ts';
export { type AlertFilter, listAlerts } from './views/alerts.ts';
