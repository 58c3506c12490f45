import { describe, expect, it } from 'vitest';
import {
  answerSession,
  headAnswer,
  headRequest,
  proposeSession,
  readSessionExpires,
  tooShort,
} from './session-negotiation.ts';
import type { Header } from '../parser/message.ts';

const policy = { expires: 1800, min: 90 };
const quiet = { expires: 0, min: 90 };

function headed(...lines: string[]): { headers: Header[] } {
  return {
    headers: lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return { name, value: value.join(': ') };
    }),
  };
}

describe('reading Session-Expires', () => {
  it.each([
    ['1800', { seconds: 1800, refresher: undefined }],
    ['1800;refresher=UAS', { seconds: 1800, refresher: 'uas' }],
    [' 90 ; refresher=uac;x=1', { seconds: 90, refresher: 'uac' }],
    ['1800;refresher=proxy', { seconds: 1800, refresher: undefined }],
    ['0', undefined],
    ['soon', undefined],
  ])('reads %j', (value, expected) => {
    expect(readSessionExpires({ headers: [{ name: 'Session-Expires', value }] })).toEqual(expected);
  });
});

describe('RFC 4028 table 2: who refreshes, as the 2xx says', () => {
  const timer = 'Supported: 100rel, timer';
  it.each([
    [['Session-Expires: 600'], 'uas', false],
    [['Session-Expires: 600;refresher=uas'], 'uas', false],
    [[timer, 'Session-Expires: 600'], 'uac', true],
    [[timer, 'Session-Expires: 600;refresher=uac'], 'uac', true],
    [[timer, 'Session-Expires: 600;refresher=uas'], 'uas', true],
    [['Require: timer', 'Session-Expires: 600;refresher=uas'], 'uas', true],
  ])('%j', (lines, refresher, require) => {
    for (const rule of [policy, quiet]) {
      expect(answerSession(headed(...lines), undefined, rule, undefined, false)).toEqual({
        seconds: 600,
        refresher,
        require,
      });
    }
  });
});

describe('the interval of a 2xx', () => {
  const timer = 'Supported: timer';
  const seconds = (lines: string[], wish?: number, rule = policy): unknown => {
    const outcome = answerSession(
      headed(...lines),
      wish === undefined ? undefined : { seconds: wish, refresher: undefined },
      rule,
      undefined,
      false,
    );
    return outcome === undefined ? undefined : 'alone' in outcome ? `alone ${outcome.alone}` : outcome.seconds;
  };

  it.each([
    // Asked for: never raised, lowered to ours but not below Min-SE.
    [[timer, 'Session-Expires: 7200'], undefined, 1800],
    [[timer, 'Session-Expires: 7200', 'Min-SE: 3600'], undefined, 3600],
    [[timer, 'Session-Expires: 600'], 1200, 600],
    [[timer, 'Session-Expires: 600'], 10, 90],
    // Not asked for: the app's wish, else ours.
    [[timer], 300, 300],
    [[timer, 'Min-SE: 400'], 300, 400],
    [[timer], undefined, 1800],
    [[timer, 'Min-SE: 4000'], undefined, 4000],
    // The peer knows no timers.
    [[], undefined, 'alone 1800'],
    [[], 300, 300],
    [['Session-Expires: 20'], undefined, 20],
  ])('%j with a wish of %j', (lines, wish, expected) => {
    expect(seconds(lines, wish)).toBe(expected);
  });

  it('is nobody’s business when neither asks', () => {
    expect(seconds([timer], undefined, quiet)).toBeUndefined();
    expect(seconds([], undefined, quiet)).toBeUndefined();
  });

  it('stays what it is when a re-INVITE says nothing', () => {
    const now = { seconds: 600, refresher: 'us' } as const;
    expect(answerSession(headed(timer), undefined, quiet, now, true)).toMatchObject({ seconds: 600, refresher: 'uas' });
    const theirs = { seconds: 600, refresher: 'peer' } as const;
    expect(answerSession(headed(timer), undefined, quiet, theirs, true)).toMatchObject({ refresher: 'uac' });
    expect(answerSession(headed(), undefined, quiet, theirs, true)).toMatchObject({ refresher: 'uas' });
    expect(answerSession(headed(timer), undefined, policy, undefined, true)).toBeUndefined();
  });
});

describe('422', () => {
  it('is for intervals below ours of clients that understand it', () => {
    expect(tooShort(headed('Supported: timer', 'Session-Expires: 89'), policy)).toBe(true);
    expect(tooShort(headed('Supported: timer', 'Session-Expires: 90'), policy)).toBe(false);
    expect(tooShort(headed('Session-Expires: 20'), policy)).toBe(false);
    expect(tooShort(headed('Supported: timer'), policy)).toBe(false);
  });
});

describe('what a request of ours asks for', () => {
  it('the app’s wish, not below the least', () => {
    expect(proposeSession(headed('Session-Expires: 300;refresher=uas'), quiet, undefined, false)).toEqual({
      seconds: 300,
      refresher: 'uas',
    });
    expect(proposeSession(headed('Session-Expires: 30'), quiet, undefined, false)).toMatchObject({ seconds: 90 });
  });

  it('else ours outside of dialogs; who was challenged leaves refreshing to the peer', () => {
    expect(proposeSession(headed(), policy, undefined, false)).toEqual({ seconds: 1800, refresher: undefined });
    expect(proposeSession(headed(), policy, undefined, true)).toBeUndefined();
    expect(proposeSession(headed(), quiet, undefined, false)).toBeUndefined();
    expect(proposeSession(headed('Authorization: Digest x'), policy, undefined, false)).toMatchObject({
      refresher: 'uas',
    });
  });

  it('in a dialog what is in force, with the roles kept (RFC 4028 section 7.4)', () => {
    expect(proposeSession(headed(), quiet, { seconds: 600, refresher: 'us' }, true)).toEqual({
      seconds: 600,
      refresher: 'uac',
    });
    expect(proposeSession(headed(), quiet, { seconds: 600, refresher: 'peer' }, true)).toMatchObject({
      refresher: 'uas',
    });
  });
});

describe('headers', () => {
  it('joins what the app wrote already', () => {
    const { headers } = headed('Supported: replaces', 'Session-Expires: 30', 'Min-SE: 120');
    headRequest(headers, { seconds: 300, refresher: undefined }, policy);
    expect(headers).toEqual(headed('Supported: replaces, timer', 'Session-Expires: 300', 'Min-SE: 120').headers);
    const answer = headed('Require: 100rel').headers;
    headAnswer(answer, { seconds: 300, refresher: 'uac', require: true });
    expect(answer).toEqual(headed('Require: 100rel, timer', 'Session-Expires: 300;refresher=uac').headers);
  });
});
