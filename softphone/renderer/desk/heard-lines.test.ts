import { expect, it } from 'vitest';
import type { TranscriptLine } from '../../../protocol/desk.ts';
import { heardLines } from './heard-lines.ts';

const line = (utteranceId: string, text: string, final: boolean): TranscriptLine => {
  return { utteranceId, speaker: 'agent', text, final, at: 0 };
};

it('takes away what turned out to be no speech, and nothing else', () => {
  const words = [line('a', 'hello', true), line('b', '', false)];
  expect(heardLines(words)).toBe(words);
  expect(heardLines([...words, line('c', ' ', true)])).toEqual(words);
});
