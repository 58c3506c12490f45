/** Who is a supervisor: the account says so, and `agents.yaml` where it names a role. */
import type { Logger } from '../base/logger.ts';
import type { Plan } from './dialplan/index.ts';
import type { Accounts } from './store/index.ts';

export class Roles {
  readonly #accounts: Pick<Accounts, 'byId' | 'setRole'>;
  readonly #logger: Logger;

  constructor(accounts: Pick<Accounts, 'byId' | 'setRole'>, logger: Logger) {
    this.#accounts = accounts;
    this.#logger = logger;
  }

  /** Whether somebody may listen to the talks of others. */
  supervises(agentId: string): boolean {
    const role = this.#accounts.byId(agentId)?.role;
    return role === 'supervisor' || role === 'admin';
  }

  /** Gives accounts the roles that the files name. An administrator stays one. */
  take({ agents }: Pick<Plan, 'agents'>): void {
    for (const { id, role } of agents.values()) {
      const now = this.#accounts.byId(id)?.role;
      if (role === undefined || now === undefined || now === role || now === 'admin') continue;
      this.#accounts
        .setRole(id, role)
        .then(() => this.#logger.info({ agentId: id, role }, 'an account was given the role that agents.yaml names'))
        .catch((err: unknown) =>
          this.#logger.error({ err, agentId: id }, 'the role of an account could not be changed'),
        );
    }
  }
}
