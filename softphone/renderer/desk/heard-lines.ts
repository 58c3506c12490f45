import type { TranscriptLine } from '../../../protocol/desk.ts';

/** The lines worth showing: noise that was taken for speech ends in a line without words, which goes away. */
export function heardLines(lines: readonly TranscriptLine[]): readonly TranscriptLine[] {
  return lines.every(hasWords) ? lines : lines.filter(hasWords);
}

function hasWords(line: TranscriptLine): boolean {
  return !line.final || line.text.trim() !== '';
}
