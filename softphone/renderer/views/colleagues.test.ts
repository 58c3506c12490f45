import { describe, expect, it } from 'vitest';
import type { AgentSummary } from '../../../protocol/rest.ts';
import { colleaguesOf } from './colleagues.ts';

const agent = (id: string, more: Partial<AgentSummary> = {}): AgentSummary => ({
  ...{ id, name: id.toUpperCase(), presence: 'available', activity: 'idle', since: 0, registered: true, ring: 'all' },
  ...{ devices: [], ...more },
});
const all = [
  agent('dora', { presence: 'offline', registered: false }),
  agent('carl', { activity: 'talking' }),
  agent('bob'),
  agent('alice'),
  agent('eve', { presence: 'paused' }),
];

describe('colleagues to hand a caller to', () => {
  it('are listed with those who are free first and those who are away last, never oneself', () => {
    expect(colleaguesOf(all, '', 'alice').map(({ id, free }) => [id, free])).toEqual([
      ['bob', true],
      ['eve', true],
      ['carl', false],
      ['dora', false],
    ]);
  });

  it('are found by name or id', () => {
    expect(colleaguesOf(all, ' BO', 'alice').map(({ id }) => id)).toEqual(['bob']);
    expect(colleaguesOf(all, 'nobody', 'alice')).toEqual([]);
  });
});
