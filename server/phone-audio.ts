/** What desk phones want of their audio: all of them by jackfield.yaml, single ones by agents.yaml. */
import type { LegPolicy } from '../protocol/media-policy.ts';
import type { PhoneAudio, Plan } from './dialplan/index.ts';
import type { PhonePolicies } from './sip/index.ts';

/** The policies under the plan in force; what agents.yaml says of a phone goes before `all`, entry by entry. */
export function phonePolicies(all: LegPolicy, plan: () => Pick<Plan, 'agents'> | undefined): PhonePolicies {
  const single = (agentId: string, device: string | null): LegPolicy =>
    asPolicy(
      plan()
        ?.agents.get(agentId)
        ?.phones?.get((device ?? '').toLowerCase()),
    );
  return {
    of: ({ agentId, device }) => ({ ...all, ...single(agentId, device) }),
    some: (holds) =>
      holds(all) ||
      [...(plan()?.agents.values() ?? [])].some(({ phones }) =>
        [...(phones?.values() ?? [])].some((phone) => holds({ ...all, ...asPolicy(phone) })),
      ),
  };
}

function asPolicy(phone: PhoneAudio | undefined): LegPolicy {
  if (phone === undefined) return {};
  const { codecs, ...rest } = phone;
  return { ...rest, ...(codecs === undefined ? {} : { codecs: [...codecs] }) };
}
