/** What linking shares: the entries, the recordings, and the findings so far. */
import { type Collected } from './collect.ts';
import { diagnose, type Diagnostic, type Place } from './diagnostics.ts';
import type { FindingCode } from './findings.ts';
import type { Label, Language, Prompt, Requirement, Site, Sound } from './plan.ts';
import { suggest } from './suggest.ts';

/** A recording that cannot be played. */
export interface BadSound {
  readonly problem: string;
}
/** By path relative to the folder, such as `prompts/en-US/welcome.wav`. */
export type Sounds = ReadonlyMap<string, Sound | BadSound>;

type MapSection = keyof Collected['entries'];
const unknownCodes = {
  queues: 'unknown-queue',
  skills: 'unknown-skill',
  hours: 'unknown-hours',
  trunks: 'unknown-trunk',
} as const satisfies Partial<Record<MapSection, FindingCode>>;

/** Looks names up and reports those that are not there. */
export class Linker {
  readonly collected: Collected;
  readonly site: Site;
  readonly diagnostics: Diagnostic[] = [];
  readonly #sounds: Sounds;
  readonly #reported = new Set<string>();

  constructor(collected: Collected, site: Site, sounds: Sounds) {
    this.collected = collected;
    this.site = site;
    this.#sounds = sounds;
  }

  report(place: Place, code: FindingCode, facts: Readonly<Record<string, string | number>>, meant?: string): void {
    this.diagnostics.push(diagnose(place, code, facts, meant));
  }

  /** Whether a section has this id; reports it if not, unless the entry is there but broken. */
  knows(section: keyof typeof unknownCodes, id: string, place: Place): boolean {
    const entries = this.collected.entries[section];
    if (entries.has(id)) return true;
    if (this.collected.broken.has(`${section}/${id}`)) return false;
    this.report(place, unknownCodes[section], { id }, suggest(id, entries.keys()));
    return false;
  }

  requirements(skills: Readonly<Record<string, number>>, place: (skill: string) => Place): readonly Requirement[] {
    return Object.entries(skills)
      .filter(([skill]) => this.knows('skills', skill, place(skill)))
      .map(([skill, minLevel]) => ({ skill, minLevel }));
  }

  /** The recordings of prompts. `every`: in all languages of the site, the language of the call first. */
  prompts(names: string | readonly string[], every: boolean, place: (at: number | null) => Place): readonly Prompt[] {
    if (typeof names === 'string') return [this.#prompt(names, every, place(null))];
    return names.map((name, at) => this.#prompt(name, every, place(at)));
  }

  #prompt(name: string, every: boolean, place: Place): Prompt {
    const { languages } = this.site;
    const found = new Map<Language, Sound>();
    // A recording comes before a text to be spoken.
    const textIn = (language: Language): string => `prompts/${language}/${name}.txt`;
    const recordingIn = (language: Language): string => `prompts/${language}/${name}.wav`;
    const pathIn = (language: Language): string =>
      !this.#sounds.has(recordingIn(language)) && this.#sounds.has(textIn(language))
        ? textIn(language)
        : recordingIn(language);
    if (languages.every((language) => !this.#sounds.has(pathIn(language)))) {
      const path = `prompts/*/${name}.wav`;
      this.report(place, 'unknown-prompt', { id: name, path }, suggest(name, this.#promptNames()));
    } else
      for (const language of languages) {
        const sound = this.#sound(pathIn(language), place, 'missing-language', { id: name, language });
        if (sound !== null) found.set(language, sound);
      }
    const spoken = (language: Language): readonly Sound[] => {
      const order = every ? [language, ...languages.filter((other) => other !== language)] : [language];
      return order.flatMap((one) => found.get(one) ?? []);
    };
    return { name, sounds: { 'en-US': spoken('en-US'), 'zh-CN': spoken('zh-CN') } };
  }

  music(names: string | readonly string[], place: Place): readonly string[] {
    const list = typeof names === 'string' ? [names] : names;
    return list.flatMap((id) => this.#sound(`music/${id}.wav`, place, 'unknown-music', { id })?.path ?? []);
  }

  #sound(path: string, place: Place, code: FindingCode, facts: Readonly<Record<string, string>>): Sound | null {
    const sound = this.#sounds.get(path);
    if (sound === undefined) this.report(place, code, { ...facts, path });
    else if (!('problem' in sound)) return sound;
    else if (!this.#reported.has(path)) {
      this.#reported.add(path);
      this.report(place, path.endsWith('.txt') ? 'bad-text' : 'bad-audio', { path, reason: sound.problem });
    }
    return null;
  }

  #promptNames(): readonly string[] {
    return [...this.#sounds.keys()].flatMap((path) => /^prompts\/[^/]+\/(.+)\.(?:wav|txt)$/.exec(path)?.[1] ?? []);
  }
}

/** A text in both languages, from either form the files allow. */
export function labelOf(text: string | Label): Label {
  return typeof text === 'string' ? { en: text, zh: text } : text;
}
