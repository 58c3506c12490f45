/** The `jackfield` command: one file a noun, mounted here. */
import { Command, CommanderError } from 'commander';
import { register as registerCall } from './call.ts';
import { exitCodes, processTerminal } from './terminal.ts';
import { commonTexts } from './texts/common.ts';
import { speaker } from './texts/text.ts';
import { register as registerUp } from './up.ts';

const terminal = processTerminal();
const say = speaker(commonTexts, terminal.language);

const program = new Command('jackfield')
  .description(say('program'))
  .option('--lang <language>', say('lang'))
  .exitOverride()
  .showHelpAfterError();

registerUp(program);
registerCall(program, terminal);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed it. Help that was asked for is no error.
  process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
