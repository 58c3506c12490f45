import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { tongueOf } from './index.ts';
import { zh } from './zh.ts';

type Tree = { readonly [key: string]: string | Tree };

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const entries = Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as const] : [...flat(value, `${prefix}${key}.`)],
  );
  return new Map(entries);
}

const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();

describe('the catalogues of the interface', () => {
  const english = flat(en);
  const chinese = flat(zh);

  it('have the same keys', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('fill the same facts into each text', () => {
    for (const [key, text] of english)
      expect([key, placeholders(chinese.get(key) ?? '')]).toEqual([key, placeholders(text)]);
  });

  it('leave no text empty and none untranslated', () => {
    const alike = new Set(['app.name']);
    for (const [key, text] of english) {
      expect([key, text.trim()]).not.toEqual([key, '']);
      if (!alike.has(key)) expect([key, chinese.get(key)]).not.toEqual([key, text]);
    }
  });

  it('take any Chinese for zh-CN and the rest for English', () => {
    expect(['zh', 'zh-TW', 'zh-Hans-CN', 'en-GB', 'de'].map(tongueOf)).toEqual(['zh-CN', 'zh-CN', 'zh-CN', 'en', 'en']);
  });
});
