import { endOfQuote, isBlank, isToken, readParameters, splitOutside, trimmed } from './characters.ts';

/** The value of From, To, Contact, Route, Record-Route, Refer-To: RFC 3261 section 20.10. */
export interface NameAddr {
  /** As written, quotes included; '' when there is none. */
  readonly display: string;
  readonly uri: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Where the parts of a name-addr or addr-spec are in its text. */
interface Places {
  /** The end of the display name; 0 when there is none. */
  readonly displayEnd: number;
  readonly uriStart: number;
  readonly uriEnd: number;
  /** Where its header parameters begin, semicolon included; the text's length when there are none. */
  readonly parameters: number;
}

/** Blanks, brackets and quotes never stand in a URI. */
const notInUri = /[\0- <>"\x7f]/;
/** RFC 3261 section 20: a URI with one of these must stand in brackets. */
const wantsBrackets = /[,?]/;
/** In a display name without quotes these have another meaning; other characters that want quotes are forgiven. */
const ambiguous = /[,;>]/;

function openingBracket(text: string): number {
  if (!text.includes('"')) return text.indexOf('<');
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) at = endOfQuote(text, at);
    else if (code === 60) return at;
  }
  return -1;
}

/** The place of the first character from `at` on that is no blank. */
function skipBlanks(text: string, at: number): number {
  while (at < text.length && isBlank(text.charCodeAt(at))) at++;
  return at;
}

function findBare(text: string): Places | undefined {
  const semicolon = text.indexOf(';');
  const parameters = semicolon < 0 ? text.length : semicolon;
  const uriStart = skipBlanks(text, 0);
  let uriEnd = parameters;
  while (uriEnd > uriStart && isBlank(text.charCodeAt(uriEnd - 1))) uriEnd--;
  if (uriStart >= uriEnd) return undefined;
  const uri = text.slice(uriStart, uriEnd);
  return notInUri.test(uri) || wantsBrackets.test(uri) ? undefined : { displayEnd: 0, uriStart, uriEnd, parameters };
}

function find(text: string): Places | undefined {
  const open = openingBracket(text);
  if (open < 0) return findBare(text);
  const close = text.indexOf('>', open);
  if (close <= open + 1) return undefined;
  if (open > 0 && !text.includes('"') && ambiguous.test(text.slice(0, open))) return undefined;
  if (notInUri.test(text.slice(open + 1, close))) return undefined;
  const parameters = skipBlanks(text, close + 1);
  if (parameters < text.length && text.charCodeAt(parameters) !== 59) return undefined;
  return { displayEnd: open, uriStart: open + 1, uriEnd: close, parameters };
}

/** Reads one name-addr or addr-spec; undefined when quotes or brackets do not close or nothing is in them. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const places = find(text);
  if (places === undefined) return undefined;
  return {
    display: trimmed(text, 0, places.displayEnd),
    uri: text.slice(places.uriStart, places.uriEnd),
    parameters: readParameters(text, places.parameters),
  };
}

/** True when `parseNameAddr` would read it. */
export function isNameAddr(text: string): boolean {
  return find(text) !== undefined;
}

/** The `tag` of a From or To: '' when it has none, undefined when the value is malformed. */
export function readTag(text: string): string | undefined {
  const places = find(text);
  if (places === undefined) return undefined;
  const { parameters } = places;
  if (parameters === text.length) return '';
  // A tag and nothing else: nearly always.
  if (text.startsWith(';tag=', parameters)) {
    const tag = text.slice(parameters + 5);
    if (isToken(tag)) return tag;
  }
  return readParameters(text, parameters).get('tag') ?? '';
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
