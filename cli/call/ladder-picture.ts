/** A ladder drawn with characters: one column a party, the SIP engine second, one line a message. Pure. */
import type { CallLadder, LadderMessage } from '../../protocol/rest.ts';
import { displayWidth, pad, printable } from '../table.ts';

/** Words of the picture. */
export interface LadderWords {
  readonly engine: string;
  /** Stands behind a message that was sent before. */
  readonly again: string;
}

const timeWidth = 9;
/** Columns from one party to the next: room for `407 Proxy Authentication Required` and most SDP. */
const narrowest = 24;
const widest = 44;

/** What a message says in a few words: `INVITE (pcmu/8000 sendrecv)`, `200 OK (INVITE)`. */
export function summaryOf(text: string): string {
  const end = text.indexOf('\r\n\r\n');
  const lines = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  const [start = ''] = lines;
  const sdp = sdpSummary(end < 0 ? '' : text.slice(end + 4));
  const shown = sdp === '' ? '' : ` [${sdp}]`;
  if (!start.startsWith('SIP/2.0 ')) return (start.split(' ')[0] ?? '') + shown;
  const cseq = lines.find((line) => /^cseq\s*:/i.test(line)) ?? '';
  const method = cseq.trim().split(/\s+/).at(-1) ?? '';
  return `${start.slice(8)} (${method})${shown}`;
}

/** Media, first codec, port and direction of a session description; '' when it is none. */
function sdpSummary(body: string): string {
  const lines = body.split(/\r?\n/);
  const media = lines.filter((line) => line.startsWith('m='));
  const [first] = media;
  if (first === undefined) return '';
  const [kind = '', port = '', , format = ''] = first.slice(2).split(' ');
  const mapped = lines.find((line) => line.startsWith(`a=rtpmap:${format} `))?.split(' ')[1];
  const codec = mapped ?? { 0: 'PCMU', 8: 'PCMA', 9: 'G722', 18: 'G729' }[format] ?? format;
  const direction = /^a=(sendonly|recvonly|inactive)$/m.exec(body)?.[1];
  const others = media.length > 1 ? ` +${String(media.length - 1)}` : '';
  return `${kind} ${codec.split('/')[0] ?? ''} :${port}${direction === undefined ? '' : ` ${direction}`}${others}`;
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (displayWidth(kept + char) > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** An arrow of `width` columns with a label on it. */
function arrow(label: string, width: number, rightwards: boolean): string {
  const shown = ` ${cut(label, width - 5)} `;
  const rest = Math.max(0, width - 1 - displayWidth(shown));
  const before = Math.min(2, rest);
  const line = rightwards
    ? `${'─'.repeat(before)}${shown}${'─'.repeat(rest - before)}>`
    : `<${'─'.repeat(rest - before)}${shown}${'─'.repeat(before)}`;
  return line;
}

function partyOf(message: LadderMessage): string {
  return `${message.transport} ${message.remote}`;
}

/** Parties in columns: who spoke first is left of the engine, the others right of it. */
function columnsOf(messages: readonly LadderMessage[]): readonly (string | undefined)[] {
  const parties = [...new Set(messages.map(partyOf))];
  const [first, ...others] = parties;
  return first === undefined ? [] : [first, undefined, ...others];
}

/** The lines of the picture, for a terminal so many columns wide. */
export function ladderLines(ladder: CallLadder, words: LadderWords, columns: number): string[] {
  const parties = columnsOf(ladder.messages);
  const step = Math.min(
    widest,
    Math.max(narrowest, Math.floor((columns - timeWidth - narrowest / 2) / Math.max(1, parties.length - 1))),
  );
  const began = ladder.messages[0]?.at ?? 0;
  const seen = new Set<string>();
  const head = parties.map((party) => pad(cut(party ?? words.engine, step - 2), step)).join('');
  const lines = ladder.messages.map((message) => {
    const key = `${message.direction} ${partyOf(message)} ${message.text}`;
    const label = printable(summaryOf(message.text)) + (seen.has(key) ? ` ${words.again}` : '');
    seen.add(key);
    const time = pad(((message.at - began) / 1000).toFixed(3), timeWidth - 2, 'right');
    return `${time}  ${rungOf(parties, parties.indexOf(partyOf(message)), message.direction === 'out', label, step)}`;
  });
  return [`${' '.repeat(timeWidth)}${head}`.trimEnd(), ...lines];
}

/** One line: bars for the parties, an arrow between the engine (column 1) and another. */
function rungOf(parties: readonly unknown[], party: number, sent: boolean, label: string, step: number): string {
  const [from, to] = party < 1 ? [0, 1] : [1, party];
  const before = `│${' '.repeat(step - 1)}`.repeat(from);
  const after = `${' '.repeat(step - 1)}│`.repeat(parties.length - 1 - to);
  return `${before}│${arrow(label, (to - from) * step - 1, sent === party > 1)}│${after}`;
}
