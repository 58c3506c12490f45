import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spoken } from './child.ts';
import type { SpeechProvider } from './ports.ts';

/** What makes a program another one: its bytes, where they can be read. */
function marked(program: string): string {
  try {
    return createHash('sha256').update(readFileSync(program)).digest('hex').slice(0, 16);
  } catch {
    return '';
  }
}

/**
 * A better voice by a program of the site: it reads one line of JSON, `{"language": "zh-CN", "text": "..."}`, and writes a
 * WAV file to its standard output; a code other than 0, with the reason on standard error, says that it cannot.
 */
export function siteVoice(program: string): SpeechProvider {
  return {
    id: `${program} ${marked(program)}`,
    speak: (text, language) => spoken({ program, args: [], input: `${JSON.stringify({ language, text })}\n` }),
  };
}
