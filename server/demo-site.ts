/**
 * Makes the demo site's logins, once: one per agent of `dialplans/agents.yaml` that has no account yet. Prints one JSON
 * line with the passwords; they are kept nowhere else in clear, and refused off loopback.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/logger.ts';
import { problemLine } from '../protocol/problems/index.ts';
import { type Config, loadConfig, siteFiles } from './config.ts';
import { checkDialplans } from './dialplan/index.ts';
import { openLedger } from './ledger/index.ts';
import { openStore } from './store/index.ts';

/** A login as it is shown once. */
export interface DemoLogin {
  readonly agent: string;
  readonly login: string;
  readonly password: string;
  readonly supervisor?: boolean;
}

// No look-alikes: the password is read from a screen and typed.
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

function newPassword(): string {
  return Array.from({ length: 3 }, () =>
    Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join(''),
  ).join('-');
}

/** Makes accounts for agents without one and returns them. Rejects with `LedgerError` when the database cannot be written. */
export async function makeDemoSite(config: Config): Promise<readonly DemoLogin[]> {
  const files = siteFiles(config);
  mkdirSync(dirname(files.database), { recursive: true, mode: 0o700 });
  const ledger = await openLedger({
    file: files.database,
    keyFile: files.siteKey,
    node: 'jackfield',
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    const { accounts } = openStore(ledger, systemClock);
    const { plan } = await checkDialplans(config.dialplans);
    const made: DemoLogin[] = [];
    for (const agent of plan?.agents.values() ?? []) {
      if (accounts.byId(agent.id) !== undefined) continue;
      const supervisor = agent.role === 'supervisor' ? { supervisor: true } : {};
      const login: DemoLogin = { agent: agent.name, login: agent.id, password: newPassword(), ...supervisor };
      await accounts.put(
        { id: agent.id, login: agent.id, name: agent.name, role: agent.role ?? 'agent', demo: true },
        login.password,
      );
      made.push(login);
    }
    return made;
  } finally {
    await ledger.close();
  }
}

if (import.meta.main) {
  const config = loadConfig(join(import.meta.dirname, '..'));
  if (!config.ok) {
    process.stderr.write(`${problemLine(config.error)}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${JSON.stringify({ type: 'demo-logins', logins: await makeDemoSite(config.value) })}\n`);
  }
}
