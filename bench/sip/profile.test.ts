import { expect, test } from 'vitest';
import { selfTimes } from './profile.ts';

test('time is counted for the function itself, what is idle is left out', () => {
  const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
    id,
    callFrame: { functionName, url, lineNumber },
  });
  const shares = selfTimes({
    nodes: [
      node(1, '(root)'),
      node(2, '(idle)'),
      node(3, 'read', 'file:///a/b/c.ts', 9),
      node(4, ''),
      node(5, 'post', 'node:inspector', 114),
    ],
    samples: [2, 3, 4, 3, 1, 5],
    timeDeltas: [1000, 30, 10, 40, 500, 70],
  });
  expect(shares).toEqual([
    { name: 'read b/c.ts:10', part: 0.875 },
    { name: '(anonymous)', part: 0.125 },
  ]);
});
