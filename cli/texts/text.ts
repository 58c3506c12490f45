/** How the command line finds its words. Each area has a catalogue file beside this one. */
import type { Bilingual } from '../../protocol/problems/index.ts';

export type Language = 'en' | 'zh';
export type Catalogue = Readonly<Record<string, Bilingual>>;
type Facts = Readonly<Record<string, string | number>>;

/** A text of a catalogue in the reader's language; `{name}` becomes the fact of that name. */
export function textOf(text: Bilingual, language: Language, facts: Facts = {}): string {
  return text[language].replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}

/** All texts of a catalogue in one language. */
export function speaker<C extends Catalogue>(
  catalogue: C,
  language: Language,
): (key: keyof C & string, facts?: Facts) => string {
  return (key, facts) => textOf(catalogue[key] ?? { en: key, zh: key }, language, facts);
}
