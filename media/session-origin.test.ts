import { expect, it } from 'vitest';
import { sessionIdOf, versionNow } from './session-origin.ts';

it('is the same for an endpoint in every node, and another for another one', () => {
  expect(sessionIdOf('01ABC.c')).toBe(sessionIdOf('01ABC.c'));
  expect(sessionIdOf('01ABC.c')).not.toBe(sessionIdOf('01ABC.a1'));
  expect(sessionIdOf('01ABC.c')).toMatch(/^\d{1,15}$/);
});

it('has versions that a later node does not repeat', () => {
  expect(versionNow()).toBeGreaterThan(1_700_000_000);
});
