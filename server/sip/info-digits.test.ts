import { describe, expect, it } from 'vitest';
import type { Dialog, Request, Response } from './drachtio.ts';
import { type Informed, readInfo, sendInfo, takeInfo } from './info-digits.ts';

describe('digits in INFO', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', { digit: '5', durationMs: 160 }],
    ['Application/DTMF-Relay; charset=utf-8', 'Signal= *\r\nDuration= 250', { digit: '*', durationMs: 250 }],
    ['application/dtmf-relay', 'Duration=90\nsignal=b', { digit: 'B', durationMs: 90 }],
    ['application/dtmf-relay', 'Signal=11', { digit: '#', durationMs: 160 }],
    ['application/dtmf-relay', 'Signal=1\r\nDuration=999999', { digit: '1', durationMs: 10_000 }],
    ['application/dtmf-relay', 'Signal=1\r\nDuration=-4', { digit: '1', durationMs: 160 }],
    ['application/dtmf', '7', { digit: '7', durationMs: 160 }],
    ['application/dtmf', ' 10 \r\n', { digit: '*', durationMs: 160 }],
    ['application/dtmf', '16', 'bad'],
    ['application/dtmf', 'hello', 'bad'],
    ['application/dtmf-relay', 'Signal=!', 'bad'],
    ['application/dtmf-relay', '', 'bad'],
    ['application/media_control+xml', '<x/>', 'foreign'],
    ['', '5', 'foreign'],
  ] as const)('%s %j', (type, body, read) => expect(readInfo(type, body)).toEqual(read));

  it('takes no longer for a long body', () => {
    expect(readInfo('application/dtmf-relay', ` ${'\r\n'.repeat(30_000)}x`)).toBe('bad');
  });
});

/** An INFO, the statuses it was answered with, the digits told. */
function taken(headers: Readonly<Record<string, string>>, body: string) {
  const sent: number[] = [];
  const told: Informed[] = [];
  const req = { body, has: (name: string) => name in headers, get: (name: string) => headers[name] ?? '' };
  const res = { send: (status: number) => sent.push(status) };
  // What `takeInfo` uses of them; the whole of srf's is not needed.
  takeInfo(req as unknown as Request, res as unknown as Response, (digit) => told.push(digit));
  return { sent, told };
}

describe('an INFO', () => {
  it('is answered, and its digit told', () => {
    expect(taken({}, '')).toEqual({ sent: [200], told: [] });
    expect(taken({ 'Content-Type': 'application/dtmf' }, '3')).toEqual({
      sent: [200],
      told: [{ type: 'leg-digit', digit: '3', durationMs: 160 }],
    });
    expect(taken({ 'Content-Type': 'application/dtmf' }, 'x').sent).toEqual([400]);
    expect(taken({ 'Content-Type': 'text/plain' }, 'x').sent).toEqual([415]);
    const control = { 'Content-Type': 'application/media_control+xml; charset=utf-8' };
    expect(taken(control, '<picture_fast_update/>')).toEqual({ sent: [200], told: [{ type: 'leg-wants-picture' }] });
    expect(taken(control, '<general_error/>')).toEqual({ sent: [200], told: [] });
  });

  it('is sent for each key, until one is refused', async () => {
    const bodies: string[] = [];
    const refusing = (after: number): Dialog =>
      ({
        request: ({ body }: { readonly body: string }) => {
          bodies.push(body);
          return Promise.resolve({ status: bodies.length > after ? 415 : 200 });
        },
      }) as unknown as Dialog;
    expect(await sendInfo(refusing(9), '1#')).toBe('');
    expect(bodies).toEqual(['Signal=1\r\nDuration=160\r\n', 'Signal=#\r\nDuration=160\r\n']);
    bodies.length = 0;
    expect(await sendInfo(refusing(0), '12')).toBe('12');
    expect(bodies).toHaveLength(1);
    bodies.length = 0;
    expect(await sendInfo(refusing(1), '123')).toBe('23');
  });
});
