/** `call list|show|hangup`. */
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** Adds the sub-commands. */
export function registerCallRecords(_call: Command, _terminal: Terminal): void {
  return;
}
