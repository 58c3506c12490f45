/**
 * What a spare server does while it waits: reads what it will read, so that the code of that is compiled when its turn has come. What
 * it read is thrown away; it may have changed by then.
 */
import { join } from 'node:path';
import { loadConfig } from './config.ts';
import { checkDialplans } from './dialplan/index.ts';
import { loadRules } from './insight/index.ts';

/** Never rejects: what is wrong is told when it matters. */
export async function rehearse(root: string): Promise<void> {
  const config = loadConfig(root);
  if (!config.ok) return;
  const { dialplans } = config.value;
  await Promise.allSettled([checkDialplans(dialplans), loadRules(join(dialplans, 'rules'))]);
}
