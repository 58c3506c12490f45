/** A stretch of text in one script: who reads English reads no Hanzi. */
export interface ScriptRun {
  readonly language: 'en' | 'zh';
  readonly text: string;
}

const han = /\p{Script=Han}/u;
const latin = /\p{Script=Latin}/u;

/**
 * Cuts text where the script changes. What belongs to no script (digits, punctuation) stays with what is before it;
 * text without any letters is read in `language`.
 */
export function splitByScript(text: string, language: ScriptRun['language'] = 'en'): ScriptRun[] {
  const runs: { language: ScriptRun['language']; text: string }[] = [];
  let before = '';
  for (const char of text) {
    const own = han.test(char) ? 'zh' : latin.test(char) ? 'en' : undefined;
    const last = runs.at(-1);
    if (last !== undefined && (own === undefined || own === last.language)) last.text += char;
    else if (own === undefined) before += char;
    else {
      runs.push({ language: own, text: before + char });
      before = '';
    }
  }
  return runs.length === 0 && before.trim() !== '' ? [{ language, text: before }] : runs;
}
