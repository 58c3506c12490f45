import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { SipCredentials } from '../../../protocol/rest.ts';
import { CredentialRenewal } from './credentials.ts';

function credentials(expiresAt: number): SipCredentials {
  return { aor: 'sip:a@b', username: 'a', password: 'p', realm: 'b', webSocketUrl: 'ws://b', expiresAt };
}

function setUp(answers: Result<SipCredentials, Problem>[]) {
  const clock = new SimulatedClock();
  const heard: string[] = [];
  const subject = new CredentialRenewal({
    clock,
    mint: () => {
      heard.push(`asked at ${clock.now()}`);
      return Promise.resolve(answers.shift() ?? fail(makeProblem('server-unreachable')));
    },
    onRenewed: (fresh) => heard.push(`renewed until ${fresh.expiresAt}`),
    onExpired: (problem) => heard.push(problem.code),
  });
  return { clock, heard, subject };
}

/** Lets the answers that are ready be taken. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await Promise.resolve();
};

describe('the renewal of credentials', () => {
  it('comes when four fifths of their life are over, again and again', async () => {
    const { clock, heard, subject } = setUp([ok(credentials(180_000)), ok(credentials(300_000))]);
    subject.keep(100_000);
    clock.advance(80_000);
    await settle();
    clock.advance(80_000);
    await settle();
    expect(heard).toEqual(['asked at 80000', 'renewed until 180000', 'asked at 160000', 'renewed until 300000']);
  });

  it('tries again after a failure, and gives up when the login is stale', async () => {
    const { clock, heard, subject } = setUp([
      fail(makeProblem('server-unreachable')),
      fail(makeProblem('session-expired')),
    ]);
    subject.renew();
    subject.renew();
    await settle();
    clock.advance(5_000);
    await settle();
    expect(heard).toEqual(['asked at 0', 'asked at 5000', 'session-expired']);
    expect(clock.armed).toBe(0);
  });

  it('ends when closed, also while a request is under way', async () => {
    const { clock, heard, subject } = setUp([ok(credentials(100_000))]);
    subject.renew();
    subject.close();
    await settle();
    expect([heard, clock.armed]).toEqual([['asked at 0'], 0]);
  });
});
