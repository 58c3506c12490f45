/** Bencode, in which rtpengine's ng protocol is spoken. Texts are Latin-1, so that a length is their bytes. */
export type Bencoded = string | number | readonly Bencoded[] | { readonly [key: string]: Bencoded };

/** Writes a value. Keys of dictionaries are sorted, as the format wants. */
export function bencode(value: Bencoded): string {
  if (typeof value === 'string') return `${value.length}:${value}`;
  if (typeof value === 'number') return `i${value}e`;
  if (isList(value)) return `l${value.map(bencode).join('')}e`;
  const keys = Object.keys(value).sort();
  return `d${keys.map((key) => bencode(key) + bencode(value[key] ?? '')).join('')}e`;
}

/** Reads one value; throws if the text is none. */
export function bdecode(text: string): Bencoded {
  return read(text, 0).value;
}

interface Read {
  readonly value: Bencoded;
  readonly end: number;
}

function isList(value: Bencoded): value is readonly Bencoded[] {
  return Array.isArray(value);
}

function read(text: string, at: number): Read {
  switch (text[at]) {
    case 'i': {
      const end = text.indexOf('e', at);
      if (end < 0) throw new Error('a number without an end');
      return { value: Number(text.slice(at + 1, end)), end: end + 1 };
    }
    case 'l':
      return readAll(text, at + 1);
    case 'd': {
      const { value, end } = readAll(text, at + 1);
      const made: Record<string, Bencoded> = {};
      for (let index = 0; index + 1 < value.length; index += 2) made[String(value[index])] = value[index + 1] ?? '';
      return { value: made, end };
    }
    default:
      return readText(text, at);
  }
}

function readAll(text: string, from: number): { readonly value: Bencoded[]; readonly end: number } {
  const value: Bencoded[] = [];
  let at = from;
  while (text[at] !== 'e') {
    const each = read(text, at);
    value.push(each.value);
    at = each.end;
  }
  return { value, end: at + 1 };
}

function readText(text: string, at: number): Read {
  const colon = text.indexOf(':', at);
  const length = Number(text.slice(at, colon));
  if (colon < 0 || !Number.isInteger(length) || colon + 1 + length > text.length) throw new Error('not bencoded');
  return { value: text.slice(colon + 1, colon + 1 + length), end: colon + 1 + length };
}
