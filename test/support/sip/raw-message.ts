/** A SIP message as a test peer sees it: no library of the product is used to read it, so that the two check each other. */
export interface RawMessage {
  readonly text: string;
  readonly start: string;
  /** The method of a request; undefined for a response. */
  readonly method: string | undefined;
  /** The status of a response; 0 for a request. */
  readonly status: number;
  readonly body: string;
  /** The first value of a header, by its long name in any case; '' when absent. */
  header(name: string): string;
  headers(name: string): string[];
  tag(name: 'From' | 'To'): string;
}

/** Reads a message; tests use well-formed ones only. */
export function readRaw(text: string): RawMessage {
  const end = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return { name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() };
  });
  const all = (name: string): string[] =>
    headers.filter((header) => header.name === name.toLowerCase()).map((header) => header.value);
  const response = start.startsWith('SIP/2.0');
  return {
    text,
    start,
    method: response ? undefined : start.split(' ')[0],
    status: response ? Number(start.split(' ')[1]) : 0,
    body: text.slice(end + 4),
    header: (name) => all(name)[0] ?? '',
    headers: all,
    tag: (name) => /;tag=([^;>\s]+)/.exec(all(name)[0] ?? '')?.[1] ?? '',
  };
}

/** Lines to a message with a right Content-Length. */
export function writeRaw(lines: readonly string[], body = ''): string {
  return [...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}
