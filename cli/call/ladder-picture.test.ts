import { expect, it } from 'vitest';
import type { LadderMessage } from '../../protocol/rest.ts';
import { ladderLines, summaryOf } from './ladder-picture.ts';

const sdp = 'v=0\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=sendonly\r\n';
const words = { engine: 'Jackfield', again: '(again)' };

function message(at: number, direction: 'in' | 'out', remote: string, start: string, body = ''): LadderMessage {
  const text = `${start}\r\nCSeq: 1 INVITE\r\n\r\n${body}`;
  return { at: 5000 + at, direction, transport: 'udp', remote, local: '127.0.0.1:5060', text };
}

it('says in a few words what a message is', () => {
  expect(summaryOf(`INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n${sdp}`)).toBe(
    'INVITE [audio PCMA :40000 sendonly]',
  );
  expect(summaryOf('SIP/2.0 180 Ringing\r\ncseq : 7 INVITE\r\n\r\n')).toBe('180 Ringing (INVITE)');
  expect(summaryOf('m=audio')).toBe('m=audio');
});

it('draws who said what to whom, and what was said again', () => {
  const ladder = {
    ...{ masked: true, left: 0 },
    messages: [
      message(0, 'in', '127.0.0.1:41000', 'INVITE sip:1@a SIP/2.0'),
      message(1.25, 'out', '127.0.0.1:41000', 'SIP/2.0 100 Trying'),
      message(20, 'out', '127.0.0.1:55000', 'INVITE sip:2@a SIP/2.0'),
      message(520, 'out', '127.0.0.1:55000', 'INVITE sip:2@a SIP/2.0'),
      message(530, 'out', '[::1]:7', 'INVITE sip:3@a SIP/2.0'),
      message(540, 'in', '[::1]:7', 'SIP/2.0 486 Busy Here'),
    ],
  };
  expect(ladderLines(ladder, words, 113)).toEqual([
    '         udp 127.0.0.1:41000           Jackfield                     udp 127.0.0.1:55000           udp [::1]:7',
    '  0.000  │── INVITE ──────────────────>│                             │                             │',
    '  0.001  │<───── 100 Trying (INVITE) ──│                             │                             │',
    '  0.020  │                             │── INVITE ──────────────────>│                             │',
    '  0.520  │                             │── INVITE (again) ──────────>│                             │',
    '  0.530  │                             │── INVITE ────────────────────────────────────────────────>│',
    '  0.540  │                             │<──────────────────────────────── 486 Busy Here (INVITE) ──│',
  ]);
  expect(ladderLines({ ...ladder, messages: [] }, words, 80)).toEqual(['']);
});
