/** The `jackfield` command: one file a noun, mounted here. */
import { Command, CommanderError } from 'commander';
import { register as registerAgent } from './agent.ts';
import { register as registerCall } from './call.ts';
import { register as registerContact } from './contact.ts';
import { register as registerDialplan } from './dialplan.ts';
import { register as registerDoctor } from './doctor.ts';
import { register as registerEars } from './ears.ts';
import { register as registerErase } from './erase.ts';
import { register as registerLan } from './lan.ts';
import { register as registerLedger } from './ledger.ts';
import { register as registerQueue } from './queue.ts';
import { register as registerRules } from './rules.ts';
import { register as registerStatus } from './status.ts';
import { exitCodes, processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { commonTexts } from './texts/common.ts';
import { speaker } from './texts/text.ts';
import { register as registerSip } from './sip.ts';
import { register as registerTrunk } from './trunk.ts';
import { register as registerUninstall } from './uninstall.ts';
import { register as registerUp } from './up.ts';

/** In the order in which `--help` shows them. */
const nouns: readonly ((program: Command, terminal: Terminal) => void)[] = [
  registerUp,
  registerStatus,
  registerDoctor,
  registerCall,
  registerAgent,
  registerQueue,
  registerContact,
  registerSip,
  registerTrunk,
  registerDialplan,
  registerRules,
  registerEars,
  registerLedger,
  registerErase,
  registerLan,
  registerUninstall,
];

const terminal = processTerminal();
const say = speaker(commonTexts, terminal.language);

const program = new Command('jackfield')
  .description(say('program'))
  .option('--lang <language>', say('lang'))
  .exitOverride()
  .showHelpAfterError();
for (const register of nouns) register(program, terminal);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed it. Help that was asked for is no error.
  process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
