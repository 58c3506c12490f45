import { describe, expect, it } from 'vitest';
import type { JournalDialog, JournalRecord, JournalRing } from '../../../protocol/engine-journal.ts';
import { readJournal, writeLine } from './lines.ts';

function dialog(id: string, facts: Partial<JournalDialog> = {}): JournalDialog {
  return {
    id,
    role: 'uas',
    callId: id,
    localTag: 'l',
    remoteTag: 'r',
    localParty: '"Zoë 小王" <sip:a@b>;tag=l',
    remoteParty: '<sip:c@d>;tag=r',
    localSeq: 0,
    remoteSeq: 1,
    remoteTarget: 'sip:c@127.0.0.1:7000',
    routeSet: ['<sip:p;lr>'],
    localContact: '<sip:a@b>',
    since: 1,
    tag: 'brain',
    flow: { protocol: 'udp', remote: { host: '127.0.0.1', port: 7000 }, local: { host: '127.0.0.1', port: 5060 } },
    source: null,
    localSdp: 'v=0\r\n',
    peerUpdates: true,
    session: { type: 'watching', interval: 1_800_000, endAt: 9.5 },
    ...facts,
  };
}

const ring = (id: string): JournalRing => ({
  ...{ id, side: 'in', tag: 'brain', message: 'INVITE \u00e9' },
  flow: { protocol: 'udp', remote: { host: '127.0.0.1', port: 7000 }, local: { host: '127.0.0.1', port: 5060 } },
});

const records: readonly JournalRecord[] = [
  { type: 'journal', version: 1, at: 1 },
  { type: 'put', dialog: dialog('one') },
  { type: 'put', dialog: dialog('two') },
  { type: 'set', id: 'one', to: { remoteSeq: 7, localSdp: null } },
  { type: 'end', id: 'two' },
  { type: 'put', dialog: dialog('three', { role: 'uac' }) },
  { type: 'ring', ring: ring('a') },
  { type: 'ring', ring: ring('b') },
  { type: 'rung', id: 'a' },
];
const lines = records.map(writeLine);
const whole = Buffer.from(lines.join(''));

describe('a journal read again', () => {
  it('gives the dialogs that are open, as they were last', () => {
    expect(readJournal(whole)).toEqual({
      dialogs: [dialog('one', { remoteSeq: 7, localSdp: null }), dialog('three', { role: 'uac' })],
      rings: [ring('b')],
      torn: 0,
      broken: 0,
    });
  });

  it('of which any tail is missing gives what the whole lines said, and tells of the torn one', () => {
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length);
      const end = cut.lastIndexOf(10) + 1;
      const { dialogs, torn, broken } = readJournal(cut);
      expect(broken).toBe(0);
      expect(torn > 0).toBe(length > end);
      expect(dialogs).toEqual(readJournal(cut.subarray(0, end)).dialogs);
    }
  });

  it('skips a line of which any byte was changed, and tells of it', () => {
    const [first = '', second = ''] = lines;
    for (let at = 0; at < second.length - 1; at++) {
      const changed = Buffer.from(first + second + (lines[5] ?? ''));
      const place = Buffer.byteLength(first) + at;
      if (place >= Buffer.byteLength(first + second) - 1) break;
      changed[place] = changed[place] === 0x41 ? 0x42 : 0x41;
      const { dialogs, broken } = readJournal(changed);
      expect(broken).toBe(1);
      expect(dialogs.map(({ id }) => id)).toEqual(['three']);
    }
  });

  it('ignores what it does not understand, however it begins', () => {
    const strange = [Buffer.from('\n\n'), Buffer.from([0, 255, 10, 128, 10]), Buffer.from('00000000 {}\n')];
    for (const bytes of strange) expect(readJournal(bytes)).toMatchObject({ dialogs: [] });
    const newer = writeLine({ type: 'journal', version: 1, at: 1 }).replace('"version":1', '"version":2');
    expect(readJournal(Buffer.from(newer)).broken).toBe(1);
  });
});
