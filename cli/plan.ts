/** The dialplan as its files are now, for what the API does not tell: skills, strategies, reasons. */
import type { Config } from '../server/config.ts';
import type { Plan } from '../server/dialplan/index.ts';
import { checkDialplans } from '../server/dialplan/index.ts';

/** `undefined` when the files have errors; the server then goes on with an older plan. */
export async function currentPlan(config: Config): Promise<Plan | undefined> {
  return (await checkDialplans(config.dialplans)).plan;
}
