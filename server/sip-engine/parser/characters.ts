const tokenCharacters = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}

const tab = 9;
const space = 32;
const quote = 34;
const semicolon = 59;
const less = 60;
const equals = 61;
const greater = 62;
const backslash = 92;

/** True when `text` from `start` to `end` is a non-empty RFC 3261 token. */
export function isToken(text: string, start = 0, end = text.length): boolean {
  if (start >= end) return false;
  for (let at = start; at < end; at++) if (tokenCharacters[text.charCodeAt(at)] !== 1) return false;
  return true;
}

/** True for a space or a tab. `String.trim` knows more blanks than SIP does, a byte order mark among them. */
export function isBlank(code: number): boolean {
  return code === space || code === tab;
}

/** `text` from `start` to `end` without blanks at either end. */
export function trimmed(text: string, start = 0, end = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
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

/** True when a header value holds a control character that is neither a tab nor escaped in quotes (RFC 3261 section 25.1). */
export function hasControl(text: string): boolean {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < space && code !== tab) || code === 127) return true;
    if (code === quote) quoted = !quoted;
    else if (quoted && code === backslash) {
      const next = text.charCodeAt(at + 1);
      if (next !== 10 && next !== 13) at++;
    }
  }
  return false;
}

/** 1 for CR and LF, 2^20 for other control characters but tabs. */
const weights = new Int32Array(256).fill(2 ** 20, 0, space);
weights[tab] = 0;
weights[10] = 1;
weights[13] = 1;
weights[127] = 2 ** 20;

/**
 * How many CRs and LFs are among the bytes from `start` to `end`; far more than there are bytes when there are other control
 * characters. Bytes and without a branch, as every byte of every message goes through here.
 */
export function countLineEnds(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) count += weights[bytes[at] ?? 0] ?? 0;
  return count;
}

/** Where the quoted string that opens at `at` ends: the place of its closing quote, or the text's length without one. */
export function endOfQuote(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return text.length;
}

/** The next `separator` from `from` on that is outside of quotes and angle brackets; the text's length when there is none. */
export function nextOutside(text: string, separator: ',' | ';', from = 0): number {
  const wanted = separator.charCodeAt(0);
  let angle = false;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfQuote(text, at);
    else if (code === less) angle = true;
    else if (code === greater) angle = false;
    else if (code === wanted && !angle) return at;
  }
  return text.length;
}

/** Splits at each `separator` that is outside of quotes and angle brackets; parts are trimmed, empty ones dropped. One pass. */
export function splitOutside(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  for (let start = 0; start <= text.length;) {
    const end = nextOutside(text, separator, start);
    const part = trimmed(text, start, end);
    if (part !== '') parts.push(part);
    start = end + 1;
  }
  return parts;
}

/**
 * Reads the `;name=value;name` parameters of `text` from `from` on, the first semicolon there or not. Names in lower
 * case, a bare name maps to ''. Semicolons with nothing between them give a parameter named '' when `keepEmpty` is set; one at the
 * end is always forgiven.
 */
export function readParameters(text: string, from = 0, keepEmpty = false): Map<string, string> {
  const parameters = new Map<string, string>();
  if (text.charCodeAt(from) === semicolon) from++;
  for (let start = from; start < text.length;) {
    let sign = -1;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === semicolon) break;
      if (code === equals && sign < 0) sign = at;
      else if (code === quote) at = endOfQuote(text, at);
    }
    const end = Math.min(at, text.length);
    const name = trimmed(text, start, sign < 0 ? end : sign).toLowerCase();
    if (name !== '' || keepEmpty) parameters.set(name, sign < 0 ? '' : trimmed(text, sign + 1, end));
    start = end + 1;
  }
  return parameters;
}
