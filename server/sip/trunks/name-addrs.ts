/** Headers that hold a list of name-addrs with parameters (RFC 3261 section 25.1): P-Asserted-Identity, Diversion, History-Info. Pure. */

/** One value of such a header. Parameter names in lower case, values unquoted. */
export interface NameAddr {
  readonly uri: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Splits at `separator` where it stands in neither quotes nor brackets. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [from, quoted, angled] = [0, false, false];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted && sign === '\\') at++;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && (sign === '<' || sign === '>')) angled = sign === '<';
    else if (sign === separator && !quoted && !angled) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function parametersOf(parts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    parts.map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim().replace(/^"|"$/g, '')];
    }),
  );
}

/** Reads one value; what has no URI in brackets is the URI itself up to the first parameter. */
export function parseNameAddr(text: string): NameAddr {
  const [head = '', ...rest] = splitOutside(text, ';');
  const uri = /<([^>]*)>/.exec(head)?.[1] ?? head;
  return { uri: uri.trim(), parameters: parametersOf(rest) };
}

/** Reads all values of a header. */
export function parseNameAddrs(text: string): NameAddr[] {
  return splitOutside(text, ',').map(parseNameAddr);
}
