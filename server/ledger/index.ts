/** The ledger: every business fact is one row of it. */
export { LedgerError, type LedgerErrorCode } from './errors.ts';
export { Ledger, type LedgerOptions, openLedger } from './ledger.ts';
export { eraseInLedgerFile, type LedgerFiles, verifyLedgerFile } from './maintenance.ts';
export type * from './types.ts';
export type { Verification, VerifyProblem } from './verify.ts';
