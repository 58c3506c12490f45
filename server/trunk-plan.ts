/** From the trunks of a plan to what the SIP side works with. */
import type { CallSignals, WebCall } from './calls/index.ts';
import { meets, type Plan } from './dialplan/index.ts';
import type { TrunkSummary } from '../protocol/trunks.ts';
import type { GuestPass, Invite, TrunkConfig, TrunkPlan, TrunkView } from './sip/index.ts';

/** A site whose files have no trunk takes calls from its own machine, so that it can be tried. */
const ownMachine: TrunkConfig = {
  id: 'this-machine',
  name: { en: 'This machine', zh: '本机' },
  profile: null,
  calls: 'in',
  addresses: ['this-machine'],
  login: null,
  account: null,
  registration: null,
  targets: [],
  domain: null,
  health: { everyMs: 0, timeoutMs: 0, failures: 1, retryAfterMs: 0 },
  answerWithinMs: 0,
  limits: { channels: null, channelsIn: null, channelsOut: null, perSecondIn: null, perSecondOut: null },
  numbers: null,
  callerId: {
    mayShow: () => true,
    ...{ default: null, otherwise: 'default', anonymous: true, identity: 'none', trust: false, privacy: 'honour' },
  },
  destinations: { allow: null, deny: [] },
  daily: null,
  ...{ codecs: [], dtmf: 'auto', srtp: null, ice: 'taken', silence: null },
  reliable: false,
  verifyIdentity: false,
  testNumber: null,
};

/** The trunks and outbound rules of a plan. */
export function trunkPlanOf(plan: Plan): TrunkPlan {
  const trunks = new Map<string, TrunkConfig>();
  for (const [id, trunk] of plan.trunks) {
    const { allowed } = trunk.callerId;
    // `allowed` stays beside the function that reads it, so that a change of it is seen.
    const mayShow = (number: string): boolean =>
      allowed.length === 0 || allowed.some((pattern) => meets(pattern, [number]));
    trunks.set(id, { ...trunk, callerId: { ...trunk.callerId, mayShow } });
  }
  return { trunks: trunks.size === 0 ? new Map([[ownMachine.id, ownMachine]]) : trunks, outbound: plan.outbound };
}

/** What the plan may ask of a call besides its number. */
export function signalsOf({ origin, asserted, diversions, attestation }: Invite): CallSignals {
  return {
    ...(origin.type === 'trunk' ? { trunk: origin.trunk } : {}),
    ...(origin.type === 'guest' ? { web: webOf(origin.pass) } : {}),
    ...(asserted === undefined ? {} : { asserted }),
    ...(diversions === undefined || diversions.length === 0 ? {} : { diversions }),
    ...(attestation === undefined ? {} : { attestation }),
  };
}

function webOf({ route, video, name }: GuestPass): WebCall {
  return { route, video, ...(name === null ? {} : { name }) };
}

/** The values that are there. */
function withoutNulls<T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  // Entries are copied as they are; only those that are null stay behind.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** A trunk as the API shows it. */
export function trunkSummaryOf(view: TrunkView): TrunkSummary {
  const { config, state, trouble, registration, targets, calls, today } = view;
  const { id, name, profile, limits, daily, addresses } = config;
  return {
    ...{ id, name, calls: config.calls, state, active: calls, addresses: [...addresses] },
    ...withoutNulls({ profile, trouble }),
    ...(registration === null
      ? {}
      : {
          registration: {
            state: registration.phase,
            ...withoutNulls({ expiresAt: registration.expiresAt, reason: registration.reason }),
          },
        }),
    targets: targets.map(({ uri, state: own, since, rttMs, reason }) => ({
      ...{ uri, state: own },
      ...withoutNulls({ since: own === 'unknown' ? null : since, rttMs, reason }),
    })),
    limits: withoutNulls(limits),
    today: {
      ...{ minutes: today.talkedMs / 60_000, spent: today.spent },
      ...withoutNulls({ minutesCap: daily?.minutes ?? null, spendCap: daily?.spend ?? null }),
    },
  };
}
