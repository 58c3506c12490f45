import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { dropReasons } from '../server/sip-engine/protection/source.ts';
import { blockedLines, register } from './sip.ts';
import { protectionTexts } from './texts/protection.ts';
import { speaker } from './texts/text.ts';
import { register as registerUp } from './up.ts';

const say = speaker(protectionTexts, 'en');

describe('what `sip blocked` prints', () => {
  it('names each source with why, how often and until when', () => {
    const held = [
      { source: '192.0.2.1', reason: 'wrong-passwords', user: 'alice\u001b[2J', count: 10, until: 0 },
      { source: '2001:db8:1:2::/64', reason: 'source-rate', count: 1950, at: 0, until: 0 },
      { source: '192.0.2.9', reason: 'of a newer engine', count: 1, until: 0 },
    ];
    const lines = blockedLines({ held, dropped: { 'source-rate': 1950, scanner: 0 } }, say);
    expect(lines[1]).toMatch(/^192\.0\.2\.1\s+wrong passwords \(alice/);
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(lines[2]).toMatch(/^2001:db8:1:2::\/64\s+too many messages\s+1950\s/);
    expect(lines[3]).toMatch(/of a newer engine/);
    expect(lines.at(-1)).toBe('Dropped since the start of the SIP engine: too many messages 1950');
  });

  it('says so when there is nobody, and when the engine cannot be asked', () => {
    expect(blockedLines({ held: [], dropped: null }, say)).toEqual([say('nobody'), say('not-asked')]);
  });

  it('has words for every reason of the engine', () => {
    expect(dropReasons.filter((reason) => !(reason in protectionTexts))).toEqual([]);
  });
});

it('stands beside `sip` alone, which runs the engine', () => {
  const program = new Command();
  registerUp(program);
  register(program);
  const sip = program.commands.filter((each) => each.name() === 'sip');
  expect(sip.flatMap(({ commands }) => commands.map((each) => each.name()))).toEqual(['blocked', 'unblock']);
});
