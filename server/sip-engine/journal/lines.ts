import { crc32 } from 'node:zlib';
import { journalRecord } from '../../../protocol/engine-journal.ts';
import type { JournalDialog, JournalRecord, JournalRing } from '../../../protocol/engine-journal.ts';

/** One record as a line of the file: its checksum (CRC-32, hexadecimal), a blank, JSON. */
export function writeLine(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}

/** The record of a line without its end; undefined when the checksum is wrong or it is no record of ours. */
export function readLine(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line.slice(0, 9) !== `${checksum(json)} `) return undefined;
  try {
    return journalRecord.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/** What a file holds. */
export interface JournalContent {
  readonly dialogs: readonly JournalDialog[];
  /** INVITEs nobody had decided. */
  readonly rings: readonly JournalRing[];
  /** Bytes after the last whole line: a write that death cut short. */
  readonly torn: number;
  /** Whole lines that cannot be trusted; what they said is lost. */
  readonly broken: number;
}

/** Folds a file into the dialogs it leaves open. Total: whatever the bytes are, it gives what can be trusted of them. */
export function readJournal(bytes: Buffer): JournalContent {
  const dialogs = new Map<string, JournalDialog>();
  const rings = new Map<string, JournalRing>();
  const text = bytes.toString('utf8');
  const end = text.lastIndexOf('\n') + 1;
  let broken = 0;
  for (const line of text.slice(0, end).split('\n').slice(0, -1)) {
    const record = readLine(line);
    if (record === undefined) broken++;
    else if (record.type === 'ring') rings.set(record.ring.id, record.ring);
    else if (record.type === 'rung') rings.delete(record.id);
    else fold(dialogs, record);
  }
  return {
    dialogs: [...dialogs.values()],
    rings: [...rings.values()],
    torn: Buffer.byteLength(text.slice(end)),
    broken,
  };
}

function fold(dialogs: Map<string, JournalDialog>, record: Exclude<JournalRecord, { type: 'ring' | 'rung' }>): void {
  switch (record.type) {
    case 'journal':
      return;
    case 'put':
      dialogs.set(record.dialog.id, record.dialog);
      return;
    case 'set': {
      const known = dialogs.get(record.id);
      if (known !== undefined) dialogs.set(record.id, { ...known, ...defined(record.to) });
      return;
    }
    case 'end':
      dialogs.delete(record.id);
  }
}

/** Without the fields that are not there, as exact optional properties want it. */
function defined(to: Extract<JournalRecord, { type: 'set' }>['to']): Partial<JournalDialog> {
  return Object.fromEntries(Object.entries(to).filter(([, value]) => value !== undefined));
}
