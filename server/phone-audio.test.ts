import { describe, expect, it } from 'vitest';
import { phonePolicies } from './phone-audio.ts';

const all = { dtmf: 'auto', srtp: 'required', silence: { afterMs: 30_000, then: 'end' } } as const;
const alice = {
  ...{ id: 'alice', name: 'Alice', skills: new Map<string, number>(), queues: [], languages: ['en-US'] as const },
  phones: new Map([['door', { srtp: 'off', ice: 'offered', codecs: ['PCMA'] } as const]]),
};
const plan = { agents: new Map([['alice', alice]]) };

describe('the policy of a phone', () => {
  const policies = phonePolicies(all, () => plan);

  it('is its own entry by entry, else that of all', () => {
    expect(policies.of({ agentId: 'alice', device: 'Door' })).toEqual({
      ...{ ...all, srtp: 'off', ice: 'offered', codecs: ['PCMA'] },
    });
    for (const device of ['desk', null]) expect(policies.of({ agentId: 'alice', device })).toEqual(all);
    expect(policies.of({ agentId: 'bob', device: 'door' })).toEqual(all);
  });

  it('is looked for among all of them', () => {
    expect(policies.some(({ ice }) => ice === 'offered')).toBe(true);
    expect(policies.some(({ srtp }) => srtp === 'required')).toBe(true);
    expect(policies.some(({ srtp }) => srtp === 'optional')).toBe(false);
  });

  it('follows the plan in force, and is that of all before there is one', () => {
    expect(phonePolicies(all, () => undefined).of({ agentId: 'alice', device: 'door' })).toEqual(all);
    expect(phonePolicies(all, () => undefined).some(({ ice }) => ice === 'offered')).toBe(false);
  });
});
