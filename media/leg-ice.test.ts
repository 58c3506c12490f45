import { describe, expect, test } from 'vitest';
import type { IceSession } from './edge/ice.ts';
import { LegIce } from './leg-ice.ts';

const peer = { usernameFragment: 'peer', password: 'p'.repeat(22), lite: false, addresses: [] };
const other = { ...peer, usernameFragment: 'anew', password: 'q'.repeat(22) };

function rig() {
  const sessions: (IceSession | undefined)[] = [];
  return { ice: new LegIce((session) => sessions.push(session)), sessions };
}

describe('their offer', () => {
  test('is answered with credentials of ours, which stay as long as theirs do (hold, resume)', () => {
    const { ice, sessions } = rig();
    const first = ice.answer({ ice: peer }, undefined);
    expect(first).toMatchObject({
      usernameFragment: expect.stringMatching(/^[\w+/]{8}$/) as string,
      password: expect.stringMatching(/^[\w+/]{24}$/) as string,
    });
    expect(ice.answer({ ice: peer }, 'taken')).toEqual(first);
    expect(sessions.at(-1)).toEqual({ ...(first as object), remoteFragment: 'peer' });
  });

  test('with other credentials is a restart', () => {
    const { ice, sessions } = rig();
    const first = ice.answer({ ice: peer }, undefined);
    const next = ice.answer({ ice: other }, undefined);
    expect(next).not.toEqual(first);
    expect(sessions.at(-1)).toMatchObject({ ...(next as object), remoteFragment: 'anew' });
  });

  test.each([
    [{ ice: 'mismatch' as const }, undefined, 'mismatch'],
    [{ ice: 'mismatch' as const }, 'off' as const, undefined],
    [{ ice: peer }, 'off' as const, undefined],
    [{}, 'offered' as const, undefined],
  ])('%j under %s gets %s, and what ran has stopped', (said, policy, answer) => {
    const { ice, sessions } = rig();
    ice.answer({ ice: peer }, undefined);
    expect([ice.answer(said, policy), ice.runs, sessions.at(-1)]).toEqual([answer, false, undefined]);
  });

  test('of a lite agent is answered, and nothing waits for checks', () => {
    const { ice, sessions } = rig();
    expect(ice.answer({ ice: { ...peer, lite: true } }, undefined)).toBeDefined();
    expect(sessions).toEqual([undefined]);
  });
});

describe('our offer', () => {
  test.each([undefined, 'taken', 'off'] as const)('has no ICE under %s', (policy) => {
    const { ice, sessions } = rig();
    expect([ice.offer(policy), sessions]).toEqual([undefined, []]);
  });

  test('is ready for checks before it is answered; each branch that answers is known by its name', () => {
    const { ice, sessions } = rig();
    const own = ice.offer('offered');
    expect(sessions).toEqual([{ ...(own as object), remoteFragment: undefined }]);
    ice.answered({ ice: peer });
    ice.answered({ ice: other });
    expect(sessions.slice(1)).toMatchObject([{ remoteFragment: 'peer' }, { remoteFragment: 'anew' }]);
  });

  test('answered without ICE goes on without', () => {
    const { ice, sessions } = rig();
    ice.offer('offered');
    ice.answered({});
    expect([sessions.at(-1), ice.runs]).toEqual([undefined, false]);
  });

  test('in a session that has ICE has the same credentials, and others in a restart', () => {
    const { ice } = rig();
    const first = ice.answer({ ice: peer }, undefined);
    expect(ice.offer('taken')).toEqual(first);
    expect(ice.offer('taken', true)).not.toEqual(first);
  });
});
