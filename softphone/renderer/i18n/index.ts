import i18next from 'i18next';
import type { i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Problem } from '../../../protocol/problems/index.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

/** The languages of the interface, as the browser names them. */
export type Tongue = 'en' | 'zh-CN';

const languageKey = 'jackfield.language';

/** Starts the translations in the language chosen before, or else the browser's. Switchable live by `chooseTongue`. */
export async function startTranslations(
  storage: Pick<Storage, 'getItem'> | undefined,
  preferred: string,
): Promise<i18n> {
  const saved = storage?.getItem(languageKey);
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, 'zh-CN': { translation: zh } },
    lng: tongueOf(saved ?? preferred),
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = tongueOf(i18next.language);
  return i18next;
}

/** Any language tag as one of ours: every kind of Chinese is zh-CN, everything else English. */
export function tongueOf(tag: string): Tongue {
  return tag.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** Switches the whole page, and remembers it on this machine. */
export async function chooseTongue(tongue: Tongue): Promise<void> {
  window.localStorage.setItem(languageKey, tongue);
  document.documentElement.lang = tongue;
  await i18next.changeLanguage(tongue);
}

/** A problem's title and advice in the language of the page. */
export function problemTexts(problem: Problem, tongue: Tongue): { readonly title: string; readonly detail: string } {
  return tongue === 'zh-CN'
    ? { title: problem.titleZh, detail: problem.detailZh }
    : { title: problem.title, detail: problem.detail };
}

/** A text that came in both languages. */
export function labelText(label: { readonly en: string; readonly zh: string }, tongue: Tongue): string {
  return tongue === 'zh-CN' ? label.zh : label.en;
}
