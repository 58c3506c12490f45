/** What desk commands act on, in a living server. */
import type { CommandPorts } from './commands.ts';
import type { Listening } from './listening.ts';
import type { Outbound } from './outbound.ts';
import type { Plans } from './plans.ts';

type Parts = Omit<CommandPorts, 'plan' | 'acknowledge' | 'dial'> & {
  readonly plans: Pick<Plans, 'current'>;
  readonly listening: Pick<Listening, 'acknowledge'>;
  readonly outbound: Pick<Outbound, 'dial'>;
};

/** The ports of `obey`, for the desks and for the API alike. */
export function commandPortsOf(brain: Parts): CommandPorts {
  const { calls, floor, phones, plans, listening, outbound, transfers, conferences, supervision, recording } = brain;
  return {
    ...{ calls, floor, phones, transfers, conferences, supervision, recording },
    plan: () => plans.current,
    acknowledge: (callId, alertId, by) => listening.acknowledge(callId, alertId, by),
    dial: (order) => outbound.dial(order),
  };
}
