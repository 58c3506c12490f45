import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pcapOf } from '../../cli/call/pcap.ts';

const folder = mkdtempSync(join(tmpdir(), 'jackfield-pcap-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = (cseq: number): string =>
  [
    'OPTIONS sip:a@b SIP/2.0',
    'Via: SIP/2.0/UDP host;branch=z9hG4bK1',
    'Call-ID: c',
    `CSeq: ${String(cseq)} OPTIONS`,
    'From: <sip:张三@b>;tag=1',
    'To: <sip:a@b>',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');

it('is a capture that tshark reads: addresses, ports, times, checksums, SIP', () => {
  const common = { transport: 'wss', text: options(1) } as const;
  const messages = [
    { ...common, at: 1_700_000_000_000.123, direction: 'in', remote: '192.0.2.7:5062', local: '192.0.2.1:5060' },
    { ...common, at: 1_700_000_000_001, direction: 'out', remote: '[2001:db8::7]:5062', local: '[2001:db8::1]:5060' },
  ] as const;
  const file = join(folder, 'ladder.pcap');
  writeFileSync(file, pcapOf({ masked: true, left: 0, messages: [...messages] }));
  const fields = ['frame.time_epoch', 'ip.src', 'ipv6.src', 'udp.srcport', 'udp.dstport', 'sip.CSeq'];
  const checks = ['ip.checksum.status', 'udp.checksum.status'];
  const preferences = ['ip.check_checksum:TRUE', 'udp.check_checksum:TRUE'].flatMap((each) => ['-o', each]);
  const shown = [...fields, ...checks].flatMap((field) => ['-e', field]);
  const output = execFileSync('tshark', ['-r', file, ...preferences, '-T', 'fields', ...shown], { encoding: 'utf8' });
  const rows = output
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(rows).toEqual([
    ['1700000000.000123000', '192.0.2.7', '', '5062', '5060', '1 OPTIONS', '1', '1'],
    ['1700000000.001000000', '', '2001:db8::1', '5060', '5062', '1 OPTIONS', '', '1'],
  ]);
});
