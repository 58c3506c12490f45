/** Links everything but routes: site, queues, skills, hours, agents and choices. Pure. */
import type { Collected, Entry } from './collect.ts';
import { diagnose, type Diagnostic } from './diagnostics.ts';
import { isZone } from './hours.ts';
import { labelOf, type Linker } from './link.ts';
import { linkPhones } from './phone-schema.ts';
import type { Agent, Choice, Hours, Language, Period, Queue, Site, Skill } from './plan.ts';
import { weekdays, type HoursSource, type QueueSource } from './schema.ts';
import { durationMs, expandDates, parsePeriod } from './times.ts';

const standIn: Site = {
  languages: ['en-US', 'zh-CN'],
  countryCode: '1',
  nationalPrefix: '',
  internationalPrefix: '',
  zone: 'UTC',
  supervision: 'announce',
};

/** The site; a stand-in when it is missing or wrong, so that the rest can be checked all the same. */
export function linkSite({ site, broken }: Collected, diagnostics: Diagnostic[]): Site {
  if (site === undefined) {
    const place = { file: 'site.yaml', line: 1, column: 1 };
    if (!broken.has('site')) diagnostics.push(diagnose(place, 'missing-site', {}));
    return standIn;
  }
  const { languages, zone } = site.value;
  if (!isZone(zone)) diagnostics.push(diagnose(site.at('zone'), 'unknown-zone', { id: zone }));
  const [first = 'en-US', ...others] = new Set<Language>(languages);
  return {
    languages: [first, ...others],
    countryCode: site.value['country-code'],
    nationalPrefix: site.value['national-prefix'],
    internationalPrefix: site.value['international-prefix'],
    zone: isZone(zone) ? zone : 'UTC',
    supervision: site.value.supervision,
  };
}

/** One queue. */
export function linkQueue(linker: Linker, entry: Entry<QueueSource>): Queue {
  const { value, id } = entry;
  const { announcement, hours } = value;
  const music = value['hold-music'];
  return {
    id,
    name: labelOf(value.name),
    requirements: linker.requirements(value.skills, (skill) => entry.keyAt('skills', skill)),
    matchLanguage: value['match-language'],
    priority: value.priority,
    ringMs: durationMs(value.ring),
    wrapUpMs: durationMs(value['wrap-up']),
    wrapUpUnanswered: value['wrap-up-unanswered'],
    maxWaitMs: durationMs(value['max-wait']),
    serviceLevelMs: durationMs(value['service-level']),
    holdMusic: music === undefined ? [] : linker.music(music, entry.at('hold-music')),
    announcement:
      announcement === undefined
        ? null
        : {
            prompts: linker.prompts(announcement.prompts, false, (at) =>
              at === null ? entry.at('announcement', 'prompts') : entry.at('announcement', 'prompts', at),
            ),
            everyMs: durationMs(announcement.every),
          },
    hours: hours !== undefined && linker.knows('hours', hours, entry.at('hours')) ? hours : null,
    record: value.record ?? null,
    recordTo: value['record-to'] ?? null,
    keepRecordingsDays: value['keep-recordings'] ?? null,
  };
}

type Periods = 'closed' | (string & {}) | readonly string[];

/** The hours of one entry, as `linkHours` builds them up. */
class HoursBuilder {
  readonly week: Period[][] = weekdays.map(() => []);
  readonly dates = new Map<string, { periods: Period[]; holiday: boolean; name: string | null }>();
  readonly #linker: Linker;
  readonly #entry: Entry<HoursSource>;

  constructor(linker: Linker, entry: Entry<HoursSource>) {
    this.#linker = linker;
    this.#entry = entry;
  }

  fillWeek(): void {
    const { week } = this.#entry.value;
    weekdays.forEach((name, weekday) => {
      const group = weekday === 0 || weekday === 6 ? 'weekend' : 'weekdays';
      const key = ([name, group, 'every-day'] as const).find((one) => week[one] !== undefined);
      if (key === undefined) return;
      for (const { today, tomorrow } of this.#periods(week[key] ?? 'closed', 'week', key)) {
        this.week[weekday]?.push(today);
        if (tomorrow !== null) this.week[(weekday + 1) % 7]?.push(tomorrow);
      }
    });
  }

  fillDates(): void {
    const { holidays, exceptions } = this.#entry.value;
    for (const [text, name] of Object.entries(holidays))
      for (const date of this.#dates(text, 'holidays')) this.dates.set(date, { periods: [], holiday: true, name });
    for (const [text, periods] of Object.entries(exceptions)) {
      const parsed = this.#periods(periods, 'exceptions', text);
      for (const date of this.#dates(text, 'exceptions')) {
        const today = parsed.flatMap((period) =>
          period.tomorrow === null ? [period.today] : [period.today, period.tomorrow],
        );
        const known = this.dates.get(date);
        this.dates.set(date, { periods: today, holiday: known?.holiday ?? false, name: known?.name ?? null });
      }
    }
  }

  #dates(text: string, section: 'holidays' | 'exceptions'): readonly string[] {
    const dates = expandDates(text);
    if (dates === null) this.#linker.report(this.#entry.keyAt(section, text), 'bad-date', { date: text });
    return dates ?? [];
  }

  #periods(given: Periods, section: 'week' | 'exceptions', key: string) {
    if (given === 'closed') return [];
    const list = typeof given === 'string' ? [given] : given;
    return list.flatMap((period, at) => {
      const parsed = parsePeriod(period);
      const place = typeof given === 'string' ? this.#entry.at(section, key) : this.#entry.at(section, key, at);
      // A date stands for itself alone: a period over midnight would have to change the day after it.
      if (parsed === null || (section === 'exceptions' && parsed.tomorrow !== null)) {
        this.#linker.report(place, 'bad-period', { period });
        return [];
      }
      return [parsed];
    });
  }
}

/** One set of opening hours. */
export function linkHours(linker: Linker, entry: Entry<HoursSource>): Hours {
  const zone = entry.value.zone ?? linker.site.zone;
  const known = isZone(zone);
  if (!known) linker.report(entry.at('zone'), 'unknown-zone', { id: zone });
  const builder = new HoursBuilder(linker, entry);
  builder.fillWeek();
  builder.fillDates();
  return { id: entry.id, zone: known ? zone : 'UTC', week: builder.week, dates: builder.dates };
}

/** Every agent. */
export function linkAgents(linker: Linker): ReadonlyMap<string, Agent> {
  const agents = new Map<string, Agent>();
  for (const [id, entry] of linker.collected.entries.agents) {
    const { name, skills, queues, languages, role, phones, video } = entry.value;
    agents.set(id, {
      id,
      name,
      skills: new Map(
        Object.entries(skills).filter(([skill]) => linker.knows('skills', skill, entry.keyAt('skills', skill))),
      ),
      queues: queues.filter((queue, at) => linker.knows('queues', queue, entry.at('queues', at))),
      languages,
      phones: linkPhones(phones),
      ...(video ? {} : { video }),
      ...(role === undefined ? {} : { role }),
    });
  }
  return agents;
}

/** Every skill. */
export function linkSkills({ collected }: Linker): ReadonlyMap<string, Skill> {
  return new Map([...collected.entries.skills].map(([id, { value }]) => [id, { id, name: labelOf(value.name) }]));
}

/** Dispositions or pause reasons, in the order of the files. */
export function linkChoices({ collected }: Linker, section: 'dispositions' | 'pause-reasons'): readonly Choice[] {
  return [...collected.entries[section]].map(([code, { value }]) => ({ code, label: labelOf(value.label) }));
}
