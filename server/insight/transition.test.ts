import { describe, expect, it } from 'vitest';
import type { Rule } from './rule.ts';
import { nothingHeard, transition, type Heard, type InsightState } from './transition.ts';

const place = { file: 'a.yaml', line: 1, column: 1 };
const label = { en: 'x', zh: 'x' };

function rule(changes: Partial<Rule> = {}): Rule {
  return {
    id: 'refund',
    title: label,
    advice: label,
    severity: 'warning',
    speaker: 'caller',
    phrases: [
      { phraseId: 'refund.en-US.1', text: 'Money back', language: 'en-US', place },
      { phraseId: 'refund.zh-CN.1', text: '退 款', language: 'zh-CN', place },
    ],
    count: 1,
    windowMs: 60_000,
    cooldownMs: 30_000,
    ...changes,
  };
}

function heard(changes: Partial<Heard> = {}): Heard {
  return {
    speaker: 'caller',
    utteranceId: 'u1',
    language: 'en-US',
    kind: 'final',
    text: 'I want my money back, please',
    ...changes,
  };
}

/** How many alerts each of the sayings raises, one after the other. */
function alerts(rules: readonly Rule[], sayings: readonly (readonly [at: number, heard: Heard])[]): readonly number[] {
  let state: InsightState = nothingHeard;
  return sayings.map(([at, what]) => {
    const next = transition(state, what, rules, at);
    state = next.state;
    return next.alerts.length;
  });
}

const spotted = heard({ kind: 'spotted', text: 'Money back', phraseId: 'refund.en-US.1' });

describe('the rules of a call', () => {
  it.each<[string, Heard, number]>([
    ['a phrase in a final text', heard(), 1],
    ['a phrase spotted', spotted, 1],
    ['a phrase of another rule spotted', heard({ kind: 'spotted', phraseId: 'other.en-US.1' }), 0],
    ['a partial text, which may change', heard({ kind: 'partial' }), 0],
    ['the words with others between', heard({ text: 'money, and back' }), 0],
    ['words that only contain it', heard({ text: 'the money backing' }), 0],
    ['the other speaker', heard({ speaker: 'agent' }), 0],
    ['Chinese by characters', heard({ language: 'zh-CN', text: '我想要，退款。' }), 1],
    ['English words in a Chinese text', heard({ language: 'zh-CN', text: 'money back' }), 0],
  ])('hear %s', (_name, what, expected) => {
    expect(alerts([rule()], [[0, what]])).toEqual([expected]);
  });

  it('raise one alert for one saying, however it was found', () => {
    expect(
      alerts(
        [rule({ cooldownMs: 1000 })],
        [
          [0, spotted],
          [400, spotted],
          [5000, heard()],
        ],
      ),
    ).toEqual([1, 0, 0]);
  });

  it('are silent for the cooldown and speak again after it', () => {
    const again = (utteranceId: string): Heard => heard({ utteranceId });
    expect(
      alerts(
        [rule()],
        [
          [0, again('u1')],
          [29_000, again('u2')],
          [30_000, again('u3')],
        ],
      ),
    ).toEqual([1, 0, 1]);
  });

  it('count mentions within the window only', () => {
    const mention = (utteranceId: string): Heard => heard({ utteranceId });
    expect(
      alerts(
        [rule({ count: 2, windowMs: 10_000 })],
        [
          [0, mention('u1')],
          [11_000, mention('u2')],
          [11_500, mention('u2')],
          [15_000, mention('u3')],
        ],
      ),
    ).toEqual([0, 0, 0, 1]);
  });

  it('say what did it, and leave the state alone when nothing was mentioned', () => {
    const { alerts: raised } = transition(nothingHeard, spotted, [rule()], 7);
    expect(raised).toEqual([
      {
        ruleId: 'refund',
        severity: 'warning',
        title: label,
        advice: label,
        evidence: 'Money back',
        speaker: 'caller',
        utteranceId: 'u1',
        at: 7,
      },
    ]);
    expect(transition(nothingHeard, heard({ text: 'hello' }), [rule()], 7).state).toBe(nothingHeard);
  });
});
