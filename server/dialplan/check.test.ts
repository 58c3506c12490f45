import { describe, expect, it } from 'vitest';
import { expectations, findings } from './findings.ts';
import { compileFiles, everyKind, linesOf, siteYaml, sounds } from './site.test-support.ts';

const agents = `agents: { alice: { name: Alice, queues: [support], languages: [en-US] } }\n`;
const queues = `queues: { support: { name: Support } }\n`;
const route = (steps: string, more = ''): string =>
  `routes:\n  main:\n    numbers: ['1000']\n    start: a\n${more}    steps:\n${steps
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n')}\n`;
const good = route('a: { queue: support, otherwise: b }\nb: { hangup: normal }');

function lines(files: Readonly<Record<string, string>>): readonly string[] {
  return linesOf(compileFiles({ 'queues.yaml': queues, 'agents.yaml': agents, ...files }));
}

describe('files that are right', () => {
  it('give a frozen plan and nothing to say', () => {
    const compiled = compileFiles({ 'routes.yaml': everyKind });
    expect(linesOf(compiled)).toEqual([]);
    expect(compiled.plan?.version).toBe('v1');
    expect(Object.isFrozen(compiled.plan?.routes.get('main')?.steps.get('choice'))).toBe(true);
  });

  it('may have any section in any file', () => {
    expect(
      lines({
        'routes.yaml': good,
        'more/a.yaml': `routes:\n  two: { numbers: ['2'], start: x, steps: { x: { hangup: busy } } }\n`,
      }),
    ).toEqual([]);
  });
});

describe('a mistake is told with its place and what to do', () => {
  it.each<[string, Record<string, string>, string]>([
    [
      'a tab',
      { 'routes.yaml': 'routes:\n\tmain: 1\n' },
      'routes.yaml:2:1: error yaml-syntax: this is not valid YAML: ',
    ],
    ['a key twice', { 'x.yaml': 'skills:\n  a: { name: A }\n  a: { name: B }\n' }, 'x.yaml:3:3: error yaml-syntax: '],
    ['a list instead of a mapping', { 'x.yaml': '- a\n' }, 'x.yaml:1:1: error wrong-value: expected a mapping'],
    [
      'an alias bomb',
      {
        'x.yaml': `a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
      },
      'x.yaml:1:1: error yaml-syntax: ',
    ],
    [
      'an unknown section',
      { 'x.yaml': 'qeues: {}\n' },
      'x.yaml:1:1: error unknown-key: "qeues" is not known here - did you mean "queues"?',
    ],
    [
      'an unknown key',
      { 'x.yaml': 'queues:\n  q:\n    name: Q\n    ringg: 5s\n' },
      'x.yaml:4:5: error unknown-key: "ringg" is not known here - did you mean "ring"?',
    ],
    [
      'an unknown key like nothing',
      { 'x.yaml': 'skills:\n  q: { name: Q, zzzzzz: 1 }\n' },
      'x.yaml:2:17: error unknown-key: "zzzzzz" is not known here - known here: name',
    ],
    [
      'a missing key',
      { 'x.yaml': 'queues:\n  q:\n    ring: 5s\n' },
      'x.yaml:2:3: error missing-key: "name" is missing - add `name:` here',
    ],
    [
      'a time without unit',
      { 'x.yaml': `queues:\n  q:\n    name: Q\n    ring: 20\n` },
      'x.yaml:4:11: error wrong-value: expected a text, found 20',
    ],
    [
      'a wrong time',
      { 'x.yaml': `queues:\n  q:\n    name: Q\n    ring: 20sec\n` },
      'x.yaml:4:11: error wrong-value: expected a time with its unit, such as 500ms, 5s, 2m or 1m30s, found "20sec"',
    ],
    [
      'a wrong level',
      { 'x.yaml': `agents:\n  x: { name: X, languages: [en-US], skills: { s: 9 } }\n` },
      'x.yaml:2:50: error wrong-value: expected at most 5, found 9',
    ],
    [
      'a wrong name',
      { 'x.yaml': `queues:\n  'a b': { name: Q }\n` },
      'x.yaml:2:3: error wrong-value: expected a name of letters, digits, "-" and "_", found',
    ],
    [
      'a number without quotes',
      { 'routes.yaml': 'routes:\n  m: { numbers: [+8653100000], start: a, steps: { a: { hangup: normal } } }\n' },
      'routes.yaml:2:18: error wrong-value: expected a text, found 8653100000',
    ],
    [
      'a step of no kind',
      { 'routes.yaml': route('a: { qeue: support, otherwise: b }') },
      'routes.yaml:6:7: error wrong-step: a step of no known kind - did you mean "queue"?',
    ],
    [
      'a step that is a text',
      { 'routes.yaml': route('a: hangup') },
      'routes.yaml:6:7: error wrong-step: a step of no known kind - a step has one of: answer, play, menu, queue, hours, transfer, hangup',
    ],
    [
      'a step of two kinds',
      { 'routes.yaml': route('a: { play: welcome, hangup: normal, next: a }') },
      'routes.yaml:6:27: error unknown-key: "hangup" is not known here',
    ],
    [
      'a step that leads nowhere',
      { 'routes.yaml': route('a: { play: welcome }') },
      'routes.yaml:6:7: error missing-key: "next" is missing',
    ],
    [
      'a wrong cause',
      { 'routes.yaml': route('a: { hangup: byebye }') },
      'routes.yaml:6:20: error wrong-value: expected "normal", "busy", "rejected", "unavailable", "not-found", found "byebye"',
    ],
    [
      'a wrong key of a menu',
      { 'routes.yaml': route('a: { menu: { prompts: welcome, keys: { A: { next: a } }, otherwise: a } }') },
      'routes.yaml:6:46: error wrong-value: expected one key: 0-9',
    ],
    [
      'a wrong key in a menu',
      { 'routes.yaml': route('a: { menu: { prompts: welcome, keys: {}, otherwise: a, timout: 5s } }') },
      'routes.yaml:6:62: error unknown-key: "timout" is not known here - did you mean "timeout"?',
    ],
    [
      'an unknown step',
      { 'routes.yaml': route('a: { play: welcome, next: bye2 }\nbye: { hangup: normal }') },
      'routes.yaml:6:33: error unknown-step: there is no step "bye2" in this route - did you mean "bye"?',
    ],
    [
      'an unknown step of a menu',
      { 'routes.yaml': route('a: { menu: { prompts: welcome, keys: { 1: { next: x } }, otherwise: a } }') },
      'routes.yaml:6:57: error unknown-step: there is no step "x" in this route',
    ],
    [
      'an unknown start',
      { 'routes.yaml': `routes:\n  m:\n    numbers: ['1']\n    start: begin\n    steps: { a: { hangup: normal } }\n` },
      'routes.yaml:4:12: error unknown-step: there is no step "begin"',
    ],
    [
      'an unknown queue',
      { 'routes.yaml': route('a: { queue: suport, otherwise: b }\nb: { hangup: normal }') },
      'routes.yaml:6:19: error unknown-queue: there is no queue "suport" - did you mean "support"?',
    ],
    [
      'an unknown skill',
      { 'routes.yaml': route('a: { queue: support, skills: { x: 1 }, otherwise: b }\nb: { hangup: normal }') },
      'routes.yaml:6:38: error unknown-skill: there is no skill "x"',
    ],
    [
      'unknown hours',
      {
        'routes.yaml': route('a: { hours: offce, open: b, closed: b }\nb: { hangup: normal }'),
        'h.yaml': 'hours: { office: { week: {} } }\n',
      },
      'routes.yaml:6:19: error unknown-hours: there are no opening hours "offce" - did you mean "office"?',
    ],
    [
      'an unknown prompt',
      { 'routes.yaml': route('a: { play: welcom, next: b }\nb: { hangup: normal }') },
      'routes.yaml:6:18: error unknown-prompt: there is no prompt "welcom": no prompts/*/welcom.wav (or .txt) in any language - did you mean "welcome"?',
    ],
    [
      'an unknown prompt in a list',
      { 'routes.yaml': route('a: { play: [welcome, nope], next: b }\nb: { hangup: normal }') },
      'routes.yaml:6:28: error unknown-prompt: ',
    ],
    [
      'unknown music',
      { 'queues.yaml': 'queues:\n  support: { name: S, hold-music: jazz }\n', 'routes.yaml': good },
      'queues.yaml:2:35: error unknown-music: there is no music "jazz": music/jazz.wav is missing',
    ],
    [
      'a wrong number',
      { 'routes.yaml': good.replace('1000', '12ab') },
      `routes.yaml:3:15: error bad-number: "12ab" cannot be a called number: not a number, a range or a pattern - write "+8653100000"`,
    ],
    [
      'the same number twice',
      {
        'routes.yaml': good,
        'z.yaml': `routes: { other: { numbers: ['1', '1000'], start: a, steps: { a: { hangup: normal } } } }\n`,
      },
      'z.yaml:1:35: error overlapping-numbers: "1000" and "1000" of route "main" meet the same calls',
    ],
    [
      'a step nobody reaches',
      { 'routes.yaml': route('a: { queue: support, otherwise: b }\nb: { hangup: normal }\nc: { hangup: busy }') },
      'routes.yaml:8:7: warning unreachable-step: no call can reach the step "c"',
    ],
    [
      'a loop',
      { 'routes.yaml': route('a: { play: welcome, next: b }\nb: { answer: true, next: a }') },
      'routes.yaml:6:7: error endless-loop: calls would go round for ever without waiting: a -> b -> a',
    ],
    [
      'a loop of failing transfers',
      { 'routes.yaml': route(`a: { transfer: '100', otherwise: a }`) },
      'error endless-loop: calls would go round for ever without waiting: a -> a',
    ],
    [
      'a queue nobody leads to',
      { 'routes.yaml': good, 'q.yaml': 'queues:\n  spare: { name: Spare }\n' },
      'q.yaml:2:3: warning unused-queue: no route leads to the queue "spare"',
    ],
    [
      'a queue nobody can serve',
      {
        'routes.yaml': good,
        'queues.yaml': 'skills: { s: { name: S } }\nqueues: { support: { name: S, skills: { s: 3 } } }\n',
      },
      'routes.yaml:6:19: warning nobody-qualified: no agent of the queue "support" has what is asked for here',
    ],
    [
      'an id twice',
      { 'routes.yaml': good, 'z.yaml': 'queues:\n  support: { name: Again }\n' },
      'z.yaml:2:3: error duplicate-id: "support" is already defined in queues.yaml:1',
    ],
    ['no site', { 'site.yaml': '', 'routes.yaml': good }, 'site.yaml:1:1: error missing-site: '],
    [
      'two sites',
      { 'a.yaml': siteYaml, 'routes.yaml': good },
      'a.yaml:1:1: error duplicate-id: "site" is already defined in site.yaml',
    ],
    [
      'an unknown zone of the site',
      { 'site.yaml': siteYaml.replace('Asia/Shanghai', 'Mars/Base'), 'routes.yaml': good },
      'site.yaml:1:62: error unknown-zone: there is no time zone "Mars/Base"',
    ],
    [
      'a country code that is a sum',
      { 'site.yaml': siteYaml.replace(`'86'`, '86'), 'routes.yaml': good },
      `site.yaml:1:50: error wrong-value: expected a text, found 86`,
    ],
    [
      'a language that is not of the site',
      {
        'site.yaml': siteYaml.replace(', zh-CN', ''),
        'routes.yaml': good.replace('    start', '    language: zh-CN\n    start'),
      },
      'routes.yaml:4:15: error unknown-language: zh-CN is not a language of this site',
    ],
    ['no route', {}, 'error no-routes: no file has a route'],
    [
      'an example that goes otherwise',
      {
        'routes.yaml': `${good}examples:\n  - name: E\n    to: '1000'\n    do: [queue closed]\n    expect:\n      hangup: busy\n`,
      },
      'routes.yaml:13:7: error example-failed: the example "E" went otherwise: expected hangup busy, but hangup normal',
    ],
    [
      'an example that cannot go on',
      { 'routes.yaml': `${good}examples:\n  - name: E\n    to: '1000'\n    do: [press 1]\n    expect: {}\n` },
      'routes.yaml:11:10: error example-stuck: the example "E" cannot "press 1" at step "a": queue support',
    ],
    [
      'a wrong action',
      { 'routes.yaml': `${good}examples:\n  - { name: E, to: '1000', do: [pres 1], expect: {} }\n` },
      'routes.yaml:9:33: error wrong-value: expected "press 1", "stay silent"',
    ],
    [
      'examples that are no list',
      { 'routes.yaml': `${good}examples: {}\n` },
      'routes.yaml:8:11: error wrong-value: expected a list',
    ],
  ])('%s', (_name, files, expected) => {
    const found = lines(files);
    expect(
      found.some((line) => line.includes(expected)),
      found.join('\n'),
    ).toBe(true);
  });

  it('a prompt missing in one language', () => {
    const recordings = new Map([...sounds('welcome')].filter(([path]) => !path.includes('zh-CN')));
    const compiled = compileFiles(
      { 'routes.yaml': route('a: { play: welcome, next: b }\nb: { hangup: normal }') },
      recordings,
    );
    expect(linesOf(compiled)).toEqual([
      'routes.yaml:6:18: error missing-language: the prompt "welcome" is missing in zh-CN: no prompts/zh-CN/welcome.wav - record it as 16-bit WAV, or write what is to be spoken into a .txt file of that name',
    ]);
  });

  it('a prompt may be a text in one language and a recording in another; a text that cannot be spoken is told', () => {
    const files = { 'routes.yaml': route('a: { play: hello, next: b }\nb: { hangup: normal }') };
    const recordings = new Map([...sounds('hello')].filter(([path]) => !path.includes('en-US')));
    const text = ['prompts/en-US/hello.txt', { path: 'speech:en-US/hello', lengthMs: 400 }] as const;
    expect(linesOf(compileFiles(files, new Map([...recordings, text])))).toEqual([]);
    const empty = ['prompts/en-US/hello.txt', { problem: 'there is nothing to be said in it' }] as const;
    expect(linesOf(compileFiles(files, new Map([...recordings, empty])))).toEqual([
      'routes.yaml:6:18: error bad-text: prompts/en-US/hello.txt cannot be spoken: there is nothing to be said in it',
    ]);
  });

  it('a prompt that is no sound, told once', () => {
    const recordings = new Map([
      ...sounds('welcome'),
      ['prompts/en-US/welcome.wav', { problem: 'it is not a WAV file' }] as const,
    ]);
    const compiled = compileFiles(
      { 'routes.yaml': route('a: { play: [welcome, welcome], next: b }\nb: { hangup: normal }') },
      recordings,
    );
    expect(linesOf(compiled)).toEqual([
      'routes.yaml:6:19: error bad-audio: prompts/en-US/welcome.wav cannot be played: it is not a WAV file - convert it: sox IN.wav -r 16000 -b 16 OUT.wav',
    ]);
  });

  it('a broken entry is not also reported as missing', () => {
    expect(lines({ 'routes.yaml': good, 'queues.yaml': 'queues:\n  support: { name: S, ring: soon }\n' })).toEqual([
      expect.stringContaining('queues.yaml:2:29: error wrong-value'),
    ]);
  });

  it('all of them at once, in order', () => {
    const found = lines({ 'routes.yaml': route('a: { play: nope, next: x }\nb: { queue: y, otherwise: a }') });
    expect(found.map((line) => line.split(': ')[0])).toEqual([
      'queues.yaml:1:11',
      'routes.yaml:6:18',
      'routes.yaml:6:30',
      'routes.yaml:7:7',
      'routes.yaml:7:19',
    ]);
  });
});

describe('the catalogue of findings', () => {
  it.each(Object.entries({ ...findings }))('%s is written in both languages', (_code, finding) => {
    const texts: { readonly en: string; readonly zh: string }[] = [finding.message];
    if ('hint' in finding) texts.push(finding.hint);
    for (const { en, zh } of texts) {
      expect(zh).toMatch(/\p{Script=Han}/u);
      expect([...zh.matchAll(/\{\w+\}/g)].map(String).sort()).toEqual([...en.matchAll(/\{\w+\}/g)].map(String).sort());
    }
  });
  it.each(Object.entries(expectations))('what is expected of a %s too', (_key, { en, zh }) => {
    expect(en).not.toBe('');
    expect(zh).not.toBe('');
  });
});
