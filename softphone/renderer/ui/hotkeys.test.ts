import { describe, expect, it } from 'vitest';
import { clockText } from './hooks.ts';
import { hotkeyOf, hotkeys } from './hotkeys.ts';
import type { KeyPress } from './hotkeys.ts';

const press = (facts: Partial<KeyPress>): KeyPress => ({
  code: 'KeyA',
  key: 'a',
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
  inField: false,
  ...facts,
});

describe('the keys of the page', () => {
  it('are all different', () => {
    const codes = Object.values(hotkeys).map((each) => each.code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('go by the physical key, whatever character it types', () => {
    expect(hotkeyOf(press({ altKey: true, key: 'å' }))).toBe('answer');
    expect(hotkeyOf(press({ altKey: true, inField: true }))).toBe('answer');
  });

  it('mean nothing without Alt, with AltGr, or when held down', () => {
    expect(hotkeyOf(press({}))).toBeUndefined();
    expect(hotkeyOf(press({ altKey: true, ctrlKey: true }))).toBeUndefined();
    expect(hotkeyOf(press({ altKey: true, metaKey: true }))).toBeUndefined();
    expect(hotkeyOf(press({ altKey: true, repeat: true }))).toBeUndefined();
    expect(hotkeyOf(press({ altKey: true, code: 'KeyZ' }))).toBeUndefined();
  });

  it('open the help with ?, but not while typing', () => {
    expect(hotkeyOf(press({ key: '?' }))).toBe('help');
    expect(hotkeyOf(press({ key: '?', inField: true }))).toBeUndefined();
  });
});

describe('a length of time', () => {
  it('is written as minutes and seconds, and with hours where there are any', () => {
    expect([-5, 999, 61_000, 3_725_000].map(clockText)).toEqual(['0:00', '0:00', '1:01', '1:02:05']);
  });
});
