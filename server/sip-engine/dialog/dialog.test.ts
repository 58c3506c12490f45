import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Flow } from '../transport/flow.ts';
import { Dialogs, newDialog, turnToFork } from './dialog.ts';
import type { Dialog } from './dialog.ts';

const place = { host: '192.0.2.1', port: 5060 };
const flow: Flow = {
  protocol: 'udp',
  reliable: false,
  remote: place,
  local: place,
  open: true,
  send: () => {},
  close: () => {},
};

function early(): Dialog {
  return newDialog({
    id: 'c;from-tag=us',
    role: 'uac',
    kind: 'INVITE',
    callId: 'c',
    localTag: 'us',
    remoteTag: 'a',
    localParty: '<sip:us@x>;tag=us',
    remoteParty: '<sip:a@x>;tag=a',
    localSeq: 1,
    remoteSeq: undefined,
    remoteTarget: 'sip:first@x',
    routeSet: [],
    localContact: '<sip:us@x>',
    since: 0,
    owner: undefined,
    tag: '',
    flow,
    source: undefined,
  });
}

describe('the forks of an INVITE (RFC 3261 section 12.1.2)', () => {
  it('keep tag, target, route and CSeq apart in every order of messages', () => {
    const message = fc.record({ tag: fc.constantFrom('a', 'b', 'c', 'd'), cseq: fc.integer({ min: 1, max: 99 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        const dialog = early();
        const dialogs = new Dialogs();
        dialogs.add(dialog);
        const expected = new Map<string, number>();
        for (const { tag, cseq } of messages) {
          turnToFork(dialog, tag, 'sip:uri@x');
          expect(dialog.remoteSeq).toBe(expected.get(tag));
          if (expected.has(tag)) expect(dialog.routeSet).toEqual([`<sip:${tag};lr>`]);
          dialog.remoteSeq = cseq;
          dialog.routeSet = [`<sip:${tag};lr>`];
          expected.set(tag, cseq);
          for (const known of expected.keys()) expect(dialogs.ofTags('c', 'us', known)).toBe(dialog);
        }
        expect(dialogs.ofTags('c', 'us', 'nobody')).toBeUndefined();
        expect(dialogs.ofTags('c', 'them', 'a')).toBeUndefined();
      }),
    );
  });
});
