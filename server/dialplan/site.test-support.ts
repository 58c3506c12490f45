/** A small site in memory, for the tests. */
import { compile, type Compiled } from './compile.ts';
import { diagnosticLine } from './diagnostics.ts';
import type { Sounds } from './link.ts';
import type { Plan } from './plan.ts';

/** Sounds of one second each, by prompt name, in both languages; and music by the name of its file. */
export function sounds(...names: readonly string[]): Sounds {
  const paths = names.flatMap((name) =>
    name.includes('/') ? [name] : [`prompts/en-US/${name}.wav`, `prompts/zh-CN/${name}.wav`],
  );
  return new Map(paths.map((path) => [path, { path: `/site/${path}`, lengthMs: 1000 }]));
}

export const siteYaml = `site: { languages: [en-US, zh-CN], country-code: '86', zone: Asia/Shanghai }\n`;

/** Compiles files given by name, with the site and a few prompts unless there are others. */
export function compileFiles(
  files: Readonly<Record<string, string>>,
  recordings: Sounds = sounds('welcome', 'wrong', 'silence', 'bye', 'notice', 'music/calm.wav'),
): Compiled {
  const all: Readonly<Record<string, string>> = { 'site.yaml': siteYaml, ...files };
  return compile({
    version: 'v1',
    files: Object.entries(all).map(([name, text]) => ({ name, text })),
    sounds: recordings,
    diagnostics: [],
  });
}

/** The findings as lines. */
export function linesOf({ diagnostics }: Compiled): readonly string[] {
  return diagnostics.map((diagnostic) => diagnosticLine(diagnostic));
}

/** The plan of files that are right; throws with the findings if they are not. */
export function planOf(files: Readonly<Record<string, string>>): Plan {
  const compiled = compileFiles(files);
  if (compiled.plan === undefined) throw new Error(linesOf(compiled).join('\n'));
  return compiled.plan;
}

/** A route with one step of every kind. */
export const everyKind = `
routes:
  main:
    numbers: ['+8653100000']
    start: hello
    steps:
      hello: { answer: true, next: greeting }
      greeting: { play: welcome, next: choice }
      notice: { play: [notice, bye], barge-in: false, next: choice }
      choice:
        menu:
          prompts: welcome
          retries: 1
          timeout: 3s
          on-invalid: wrong
          on-timeout: silence
          keys:
            1: { label: { en: Help, zh: 帮助 }, next: help }
            2: { next: opening }
            3: { next: outside }
            4: { next: notice }
            5: { next: night }
            9: { language: zh-CN, next: help }
          otherwise: end
      help: { queue: support, skills: { support: 2 }, max-wait: 1m, on-timeout: sorry, otherwise: end }
      night: { queue: daytime, otherwise: end, on-closed: sorry }
      opening: { hours: office, open: help, closed: sorry, holiday: end }
      outside: { transfer: 'sip:desk@example.com', otherwise: sorry }
      sorry: { play: bye, next: end }
      end: { hangup: busy }
queues:
  support: { name: Support, skills: { support: 1 }, hold-music: calm, announcement: { prompts: notice, every: 30s } }
  daytime: { name: Daytime, hours: office, match-language: true }
skills:
  support: { name: Support }
hours:
  office: { week: { weekdays: '09:00-18:00' }, holidays: { 2026-10-01: National Day } }
agents:
  alice: { name: Alice, skills: { support: 3 }, queues: [support, daytime], languages: [en-US] }
`;
