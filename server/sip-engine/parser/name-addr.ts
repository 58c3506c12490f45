import { readParameters, splitOutside } from './characters.ts';

/** The value of From, To, Contact, Route, Record-Route, Refer-To: RFC 3261 section 20.10. */
export interface NameAddr {
  /** As written, quotes included; '' when there is none. */
  readonly display: string;
  readonly uri: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function openingBracket(text: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === '\\') at++;
    else if (character === '"') quoted = !quoted;
    else if (character === '<' && !quoted) return at;
  }
  return -1;
}

/** Reads one name-addr or addr-spec; undefined when brackets do not close or nothing is in them. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const open = openingBracket(text);
  if (open < 0) {
    // Without brackets, what follows a semicolon belongs to the header, not to the URI (RFC 3261 section 20).
    const semicolon = text.indexOf(';');
    const uri = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
    if (uri === '' || uri.includes('"') || uri.includes(' ')) return undefined;
    return { display: '', uri, parameters: readParameters(semicolon < 0 ? '' : text.slice(semicolon + 1)) };
  }
  const close = text.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = text.slice(open + 1, close).trim();
  if (uri === '') return undefined;
  const semicolon = text.indexOf(';', close);
  const parameters = readParameters(semicolon < 0 ? '' : text.slice(semicolon + 1));
  return { display: text.slice(0, open).trim(), uri, parameters };
}

/** Reads a comma list of them; those that cannot be read are left out. */
export function parseNameAddrs(values: readonly string[]): NameAddr[] {
  const found: NameAddr[] = [];
  for (const value of values) {
    for (const part of splitOutside(value, ',')) {
      const parsed = parseNameAddr(part);
      if (parsed !== undefined) found.push(parsed);
    }
  }
  return found;
}

/** Writes it with brackets, parameters last. */
export function writeNameAddr(value: NameAddr): string {
  let text = value.display === '' ? `<${value.uri}>` : `${value.display} <${value.uri}>`;
  for (const [name, parameter] of value.parameters) text += parameter === '' ? `;${name}` : `;${name}=${parameter}`;
  return text;
}

/** The header value with its `tag` set to `tag`, replacing one that is there. */
export function withTag(value: string, tag: string): string {
  const parsed = parseNameAddr(value);
  if (parsed === undefined) return `${value};tag=${tag}`;
  return writeNameAddr({ ...parsed, parameters: new Map([...parsed.parameters, ['tag', tag]]) });
}
