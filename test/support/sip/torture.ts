import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../data/torture');

/**
 * The marks of RFC 4475 section 2 turned into bytes: lines between `<allOneLine>` are joined, `<repeat count=N>` repeats,
 * `<hex>` gives bytes, and every line ends with CRLF. `<length>` is the true length of the body, where an RFC's is not.
 */
function expand(readable: string): Buffer {
  const text = Buffer.from(readable)
    .toString('latin1')
    .replace(/<allOneLine>\n([^]*?)\n<\/allOneLine>/g, (_whole, lines: string) => lines.replaceAll('\n', ''))
    .replace(/<repeat count=(\d+)>(.*?)<\/repeat>/g, (_whole, count: string, part: string) =>
      part.repeat(Number(count)),
    )
    .replace(/<hex>([0-9A-F\s]*)<\/hex>/g, (_whole, digits: string) => `<hex>${digits.replace(/\s/g, '')}</hex>`)
    .replaceAll('\n', '\r\n')
    .replace(/<hex>([0-9A-F]*)<\/hex>/g, (_whole, digits: string) => Buffer.from(digits, 'hex').toString('latin1'));
  const body = text.indexOf('\r\n\r\n') + 4;
  return Buffer.from(text.replace('<length>', String(text.length - body)), 'latin1');
}

/** The messages of one of the RFCs by name, as they go on the wire. */
export function tortureMessages(rfc: 'rfc4475' | 'rfc5118'): ReadonlyMap<string, Buffer> {
  const messages = new Map<string, Buffer>();
  for (const part of readFileSync(join(folder, `${rfc}.txt`), 'utf8')
    .split(/^=== /m)
    .slice(1)) {
    const end = part.indexOf('\n');
    messages.set(part.slice(0, end), expand(part.slice(end + 1)));
  }
  return messages;
}
