import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../base/logger.ts';
import type { Dialog, Request, Response } from './drachtio.ts';
import { Refers, referTarget } from './refers.ts';

describe('Refer-To', () => {
  it.each([
    ['<sip:1001@example.com>', 'sip:1001@example.com'],
    ['"Bob, the \\"boss\\" <x>" <sip:bob@example.com;transport=tcp>;q=1', 'sip:bob@example.com;transport=tcp'],
    ['sip:+8613900001111@example.com;user=phone', 'sip:+8613900001111@example.com'],
    ['tel:+8613900001111', 'tel:+8613900001111'],
    ['<http://example.com>', undefined],
    ['<sip:a@x>, <sip:b@y>', 'sip:a@x'],
    ['', undefined],
  ])('%s', (header, uri) => expect(referTarget(header)).toBe(uri));

  it('takes no longer for a long one', () => {
    expect(referTarget(`"${'\\"'.repeat(40_000)}`)).toBeUndefined();
  });
});

/** A REFER with these headers, and the answers it got. */
function request(headers: Readonly<Record<string, string>>) {
  const sent: number[] = [];
  const req = { has: (name: string) => name in headers, get: (name: string) => headers[name] ?? '' };
  // What `Refers` reads of them; the whole of srf's is not needed.
  const res = { send: (status: number) => sent.push(status) } as unknown as Response;
  return { req: req as unknown as Request, res, sent };
}

const nobody = (): undefined => undefined;

describe('REFERs of a dialog', () => {
  it('name by Replaces another dialog of ours, or none', () => {
    const value = 'Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2';
    const ours = { callId: 'a@b', toTag: '1', fromTag: '2', earlyOnly: false };
    const { req, res, sent } = request({ 'Refer-To': `<sip:bob@x?${value}>`, CSeq: '3 REFER' });
    const legOf = (named: object) => (JSON.stringify(named) === JSON.stringify(ours) ? 'c.p1' : undefined);
    expect(new Refers().take('c.a1', 1, { req, res }, legOf)).toMatchObject({ replaces: 'c.p1' });
    expect(new Refers().take('c.a1', 1, { req, res }, nobody)).toMatchObject({ replaces: null });
    const odd = request({ 'Refer-To': '<sip:bob@x?Replaces=a%3Bto-tag%3Db>', CSeq: '3 REFER' });
    expect(new Refers().take('c.a1', 1, odd, legOf)).toMatchObject({ replaces: null });
    expect(sent).toEqual([]);
  });

  it('without one target are 400, other methods and nobody 501', () => {
    const refers = new Refers();
    for (const [to, status] of [
      ['<mailto:x@y>', 400],
      ['<sip:1001@x;method=BYE?method=BYE>', 501],
      ['<sip:example.com>', 501],
    ] as const) {
      const { req, res, sent } = request({ 'Refer-To': to, CSeq: '3 REFER' });
      expect([refers.take('c.a1', 1, { req, res }, nobody), sent]).toEqual([undefined, [status]]);
    }
  });

  it('are told of under the number of their CSeq, until the last word', () => {
    const refers = new Refers();
    const notified: { headers: Record<string, string>; body: string }[] = [];
    // srf's dialog is a class of its own; only its requests matter here.
    const dialog = { request: (options: (typeof notified)[number]) => notified.push(options) } as unknown as Dialog;
    const { req, res, sent } = request({ 'Refer-To': '<sip:1001@x>', CSeq: '3 REFER', 'Referred-By': '<sip:a@x>' });
    refers.notify(dialog, { status: 100, reason: 'Trying', last: false }, silentLogger);
    expect(notified).toEqual([]);
    expect(refers.take('c.a1', 7, { req, res }, nobody)).toMatchObject({
      to: '1001',
      token: 7,
      referredBy: '<sip:a@x>',
    });
    refers.answer(7, 202);
    refers.notify(dialog, { status: 180, reason: 'Ringing', last: false }, silentLogger);
    refers.notify(dialog, { status: 486, reason: 'Busy\r\nX: y', last: true }, silentLogger);
    refers.notify(dialog, { status: 200, reason: 'OK', last: true }, silentLogger);
    expect(sent).toEqual([202]);
    expect(notified.map(({ headers, body }) => [headers['Event'], headers['Subscription-State'], body])).toEqual([
      ['refer;id=3', 'active;expires=180', 'SIP/2.0 180 Ringing\r\n'],
      ['refer;id=3', 'terminated;reason=noresource', 'SIP/2.0 486 BusyX: y\r\n'],
    ]);
  });
});
