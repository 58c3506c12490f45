/** A trunk as admins see it. */
import type { TrunkConfig } from './config.ts';
import type { TrunkLine } from './line.ts';
import type { DayUse } from './facts.ts';
import type { RegistrationState } from './registration.ts';
import type { TargetView } from './targets.ts';

/** Why a trunk is down. */
export type TrunkTrouble = 'no-password' | 'not-registered' | 'targets-down';

export interface TrunkView {
  readonly config: TrunkConfig;
  readonly state: 'up' | 'down';
  readonly trouble: TrunkTrouble | null;
  readonly registration: Pick<RegistrationState, 'phase' | 'expiresAt' | 'reason'> | null;
  readonly targets: readonly TargetView[];
  readonly calls: { readonly in: number; readonly out: number };
  readonly today: DayUse;
}

function troubleOf(line: TrunkLine, now: number): TrunkTrouble | null {
  if (!line.hasPassword) return 'no-password';
  if (line.config.registration !== null && (line.registration?.expiresAt ?? 0) <= now) return 'not-registered';
  return line.targets.isUp(now) ? null : 'targets-down';
}

/** The state of a trunk now. */
export function viewOf(line: TrunkLine, calls: TrunkView['calls'], today: DayUse, now: number): TrunkView {
  const trouble = troubleOf(line, now);
  const { registration } = line;
  return {
    config: line.config,
    state: trouble === null ? 'up' : 'down',
    trouble,
    registration:
      line.config.registration === null
        ? null
        : {
            phase: registration?.phase ?? 'waiting',
            expiresAt: registration?.expiresAt ?? null,
            reason: registration?.reason ?? null,
          },
    targets: line.targets.view(),
    calls,
    today,
  };
}
