/** One description of two streams, made of the media node's two, and its answer taken apart again (RFC 7866 section 7.1). Pure. */
import { labelOf, streams } from './talk.ts';

interface Parts {
  /** The lines of the session. */
  readonly session: readonly string[];
  /** The lines of each medium. */
  readonly media: readonly (readonly string[])[];
}

function partsOf(sdp: string): Parts {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of sdp.split(/\r?\n/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) media.push([line]);
    else (media.at(-1) ?? session).push(line);
  }
  return { session, media };
}

const textOf = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
const direction = /^a=(sendrecv|sendonly|recvonly|inactive)$/;

/**
 * The offer: one m-line for each stream with its label, ours to send only (on hold they are silent). `version` grows with every offer of a session
 * (RFC 3264 section 8).
 */
export function offerOf(offers: readonly [string, string], version: number): string {
  const parts = offers.map(partsOf);
  const [first] = parts;
  const origin = (line: string): string => {
    const [name, id, number, ...rest] = line.split(' ');
    return line.startsWith('o=') ? [name, id, String(Number(number) + version), ...rest].join(' ') : line;
  };
  const session = (first?.session ?? []).map(origin).filter((line) => !direction.test(line));
  const connection = first?.session.find((line) => line.startsWith('c='));
  const media = parts.flatMap(({ session: own, media: [lines = []] }, at) => {
    const place = own.find((line) => line.startsWith('c='));
    // Where the second stream is elsewhere it says so itself.
    const elsewhere = place === connection || place === undefined || lines.some((line) => line.startsWith('c='));
    const [head = '', ...rest] = lines.filter((line) => !direction.test(line));
    return [head, ...(elsewhere ? [] : [place]), ...rest, 'a=sendonly', `a=label:${labelOf[streams[at] ?? 'caller']}`];
  });
  return textOf([...session, ...media]);
}

/** The answer for each stream; null for one the recorder does not want. */
export function answersOf(sdp: string): readonly [string | null, string | null] {
  const { session, media } = partsOf(sdp);
  const one = (lines: readonly string[] | undefined): string | null => {
    const port = /^m=\S+ (\d+)/.exec(lines?.[0] ?? '')?.[1];
    return lines === undefined || port === undefined || port === '0' ? null : textOf([...session, ...lines]);
  };
  return [one(media[0]), one(media[1])];
}
