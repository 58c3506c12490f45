import { describe, expect, it } from 'vitest';
import { parseSource } from './source.ts';

const found = (text: string): string[] =>
  parseSource({ name: 'agents.yaml', text }).diagnostics.map(
    ({ file, line, column, message }) => `${file}:${String(line)}:${String(column)} ${message}`,
  );

describe('a key that its mapping had already', () => {
  it.each([
    ['in a mapping of the file', 'agents:\n  alice: 1\n  bob: 2\n  alice: 3\n', 'agents.yaml:4:3'],
    ['in the file itself', 'agents: 1\nqueues: 2\nagents: 3\n', 'agents.yaml:3:1'],
    ['in a flow mapping', 'alice: { name: A, name: B }\n', 'agents.yaml:1:19'],
    ['in a mapping of a list', '- { a: 1 }\n- { a: 1, b: 2,\n    a: 3 }\n', 'agents.yaml:3:5'],
    ['with quotes, once a number and once a text', "1000: a\n'1000': b\n", 'agents.yaml:2:1'],
  ])('is an error where it stands: %s', (_, text, place) => {
    expect(found(text)).toEqual([`${place} this is not valid YAML: Map keys must be unique`]);
  });

  it('is told in order with whatever else is wrong', () => {
    expect(found("a: 1\na: 2\nb: 'open\n").map((line) => line.split(' ')[0])).toEqual([
      'agents.yaml:2:1',
      'agents.yaml:4:1',
    ]);
  });

  it('is none when it stands in another mapping', () => {
    expect(found('alice: { name: A }\nbob: { name: A }\n')).toEqual([]);
  });
});
