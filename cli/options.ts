/** Checks of option values; what is wrong is said in one line and ends with the usage code. */
import type { Terminal } from './terminal.ts';
import { CliError, exitCodes } from './terminal.ts';
import { commonTexts } from './texts/common.ts';
import { textOf } from './texts/text.ts';

/** One of the allowed values. */
export function oneOf<T extends string>(terminal: Terminal, option: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value.toLowerCase());
  if (found !== undefined) return found;
  const facts = { option, value, choices: choices.join(', ') };
  throw new CliError(exitCodes.usage, textOf(commonTexts['wrong-choice'], terminal.language, facts));
}

/** A number within bounds. */
export function numberWithin(terminal: Terminal, option: string, value: string, least: number, most: number): number {
  const number = /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  const facts = { option, value, least, most };
  throw new CliError(exitCodes.usage, textOf(commonTexts['wrong-number'], terminal.language, facts));
}
