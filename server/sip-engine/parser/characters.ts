const tokenCharacters = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}

/** True when `text` from `start` to `end` is a non-empty RFC 3261 token. */
export function isToken(text: string, start = 0, end = text.length): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) if (tokenCharacters[text.charCodeAt(at)] !== 1) return false;
  return true;
}

/** Reads a whole number of at most ten digits; undefined for anything else, so that `1e3`, `+1` and `` are refused. */
export function readNumber(text: string): number | undefined {
  if (text.length === 0 || text.length > 10) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** True when a header value holds a control character other than a tab. */
export function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < 32 && code !== 9) || code === 127) return true;
  }
  return false;
}

/**
 * Splits at each `separator` that is outside of quotes and angle brackets; parts are trimmed, empty ones dropped. One pass.
 */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  if (!text.includes(separator)) {
    const only = text.trim();
    return only === '' ? [] : [only];
  }
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let angle = false;
  const add = (end: number): void => {
    const part = text.slice(start, end).trim();
    if (part !== '') parts.push(part);
    start = end + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '<') angle = true;
    else if (character === '>') angle = false;
    else if (character === separator && !angle) add(at);
  }
  add(text.length);
  return parts;
}

/** Reads `;name=value;name` parameters (without the leading semicolon). Names in lower case, a bare name maps to ''. */
export function readParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of splitOutside(text, ';')) {
    const equals = part.indexOf('=');
    if (equals < 0) parameters.set(part.toLowerCase(), '');
    else parameters.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return parameters;
}
