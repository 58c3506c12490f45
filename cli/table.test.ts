import { describe, expect, it } from 'vitest';
import type { CallSummary } from '../protocol/rest.ts';
import { countQueue, percent } from './queue/statistics.ts';
import { displayWidth, printable, tableLines } from './table.ts';
import { languageOf } from './terminal.ts';
import { callTexts } from './texts/call.ts';
import { commonTexts } from './texts/common.ts';
import { peopleTexts } from './texts/people.ts';
import { queueTexts } from './texts/queue.ts';
import { recordTexts } from './texts/records.ts';
import { siteTexts } from './texts/site.ts';
import { speaker } from './texts/text.ts';
import { lasting } from './times.ts';

describe('tables', () => {
  it('give a Chinese character two columns', () => {
    expect(displayWidth('张三 Zhang')).toBe(10);
    expect(displayWidth('e\u0301，')).toBe(3);
    const people = [
      { name: '张三', calls: 7 },
      { name: 'Li', calls: 12 },
    ];
    const lines = tableLines(people, [
      { title: '姓名', of: (row) => row.name },
      { title: 'CALLS', of: (row) => row.calls, align: 'right' },
      { title: 'END', of: () => undefined },
    ]);
    expect(lines).toEqual(['姓名  CALLS  END', '张三      7  -', 'Li       12  -']);
  });

  it('let nobody steer the terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\n')).toBe('a·[2Jb·c·');
  });
});

describe('words', () => {
  it('are in both languages, with the same facts', () => {
    const facts = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
    for (const catalogue of [callTexts, commonTexts, peopleTexts, queueTexts, recordTexts, siteTexts])
      for (const [key, { en, zh }] of Object.entries(catalogue)) {
        expect([key, en === '', facts(en)]).toEqual([key, zh === '', facts(zh)]);
      }
  });

  it('are chosen by --lang, then the locale', () => {
    expect(languageOf({ LANG: 'zh_CN.UTF-8' }, [])).toBe('zh');
    expect(languageOf({ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, [])).toBe('en');
    expect(languageOf({ LANG: 'en_US' }, ['call', '--lang', 'zh'])).toBe('zh');
    expect(languageOf({ LANG: 'zh_CN' }, ['--lang=en'])).toBe('en');
    expect(languageOf({}, [])).toBe('en');
  });

  it('keep a fact that is not given', () => {
    expect(speaker({ x: { en: '{a} {b}', zh: '' } }, 'en')('x', { a: 1 })).toBe('1 {b}');
  });

  it('write lengths of time', () => {
    expect([lasting(undefined), lasting(7400), lasting(725_000), lasting(3_723_000)]).toEqual([
      undefined,
      '0:07',
      '12:05',
      '1:02:03',
    ]);
  });
});

describe('queue statistics', () => {
  const call = (changes: Partial<CallSummary>): CallSummary => ({
    direction: 'inbound',
    id: 'c',
    startedAt: 0,
    from: '',
    to: '',
    state: 'ended',
    alerts: 0,
    ...changes,
  });

  it('count with the formulas they print', () => {
    const found = countQueue(
      [
        call({ answeredAt: 1, waitedMs: 10_000, talkedMs: 60_000 }),
        call({ answeredAt: 1, waitedMs: 20_000, talkedMs: 30_000 }),
        call({ answeredAt: 1, waitedMs: 30_000, state: 'active' }),
        call({ waitedMs: 5000 }),
        call({ waitedMs: 90_000 }),
        call({ state: 'active' }),
      ],
      20_000,
    );
    expect(found).toEqual({
      offered: 6,
      answered: 3,
      abandoned: 2,
      waiting: 1,
      answeredWithin: 2,
      abandonedWithin: 1,
      serviceLevel: 2 / 3,
      serviceLevel2: 3 / 5,
      holdtimeMs: 20_000,
      talktimeMs: 45_000,
      longestWaitMs: 90_000,
    });
    expect([percent(found.serviceLevel), percent(undefined)]).toEqual(['66.7%', '-']);
  });

  it('have no level before the first call', () => {
    expect(countQueue([], 20_000)).not.toHaveProperty('serviceLevel');
  });
});
