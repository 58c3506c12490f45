/** One YAML file, with the place of everything in it. Pure. */
import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  visit,
  type YAMLMap,
} from 'yaml';
import { repeated } from '../../base/repeated.ts';
import { diagnose, type Diagnostic, type Place } from './diagnostics.ts';

/** A file as read, its name relative to the folder with forward slashes. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

type Path = readonly (string | number | symbol)[];

/** A parsed file. */
export class Source {
  readonly name: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(name: string, document: Document, lines: LineCounter) {
    this.name = name;
    this.#document = document;
    this.#lines = lines;
  }

  /** Where a value begins; of a value that is not there, the nearest thing around it that is. */
  at(path: Path): Place {
    return this.#place(this.#walk(path).node);
  }

  /** Where the key of a value begins. */
  keyAt(path: Path): Place {
    const { key, node } = this.#walk(path);
    return this.#place(key ?? node);
  }

  #place(node: Node | null): Place {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { file: this.name, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #walk(path: Path): Child {
    let key: Node | null = null;
    let node: Node | null = this.#document.contents;
    for (const part of path) {
      const found = child(isAlias(node) ? (node.resolve(this.#document) ?? null) : node, part);
      if (found === undefined) break;
      key = found.key;
      node = found.node ?? found.key;
    }
    return { key, node };
  }
}

interface Child {
  readonly key: Node | null;
  readonly node: Node | null;
}

function child(node: Node | null, part: string | number | symbol): Child | undefined {
  if (isMap(node)) return childrenOf(node).get(String(part));
  const item = isSeq(node) ? node.items[Number(part)] : undefined;
  return item === undefined ? undefined : { key: null, node: item as Node };
}

const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Child>>();

/** The children of a mapping by key; indexed once, for big mappings are looked into often. */
function childrenOf(map: YAMLMap): ReadonlyMap<string, Child> {
  const known = indexes.get(map);
  if (known !== undefined) return known;
  const index = new Map<string, Child>();
  for (const { key, value } of map.items)
    if (isScalar(key)) index.set(String(key.value), { key, node: value as Node | null });
  indexes.set(map, index);
  return index;
}

/** What a file says; `value` is undefined if it is not YAML at all. */
export interface Parsed {
  readonly source: Source;
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file. Duplicate keys and every syntax error are reported with their place; nothing is thrown. */
export function parseSource({ name, text }: SourceText): Parsed {
  const lines = new LineCounter();
  try {
    return parse(name, text, lines);
  } catch (cause) {
    // Nesting too deep for the parser's stack, or aliases that would unfold without end.
    const reason = cause instanceof Error ? cause.message : String(cause);
    const source = new Source(name, new Document(null), lines);
    return { source, value: undefined, diagnostics: [diagnose(source.at([]), 'yaml-syntax', { reason })] };
  }
}

function parse(name: string, text: string, lines: LineCounter): Parsed {
  // The parser compares each key with every one before it: seconds for ten thousand agents.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const source = new Source(name, document, lines);
  const wrong = [
    ...document.errors.map(({ message, pos }) => ({ reason: message, at: pos[0] })),
    ...repeatedKeys(document).map((at) => ({ reason: 'Map keys must be unique', at })),
  ].sort((one, other) => one.at - other.at);
  const diagnostics = wrong.map(({ reason, at }) => {
    const { line, col } = lines.linePos(at);
    const place = { file: name, line: Math.max(1, line), column: Math.max(1, col) };
    return diagnose(place, 'yaml-syntax', { reason });
  });
  const value: unknown = diagnostics.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  return { source, value, diagnostics };
}

/** Where keys stand that their mapping had already; `1` and `'1'` are one key, as they are one in what the file says. */
function repeatedKeys(document: Document): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_, { items }) {
      const keys = repeated(items, ({ key }) => (isScalar(key) ? String(key.value) : undefined));
      for (const { key } of keys) found.push((isScalar(key) ? key.range?.[0] : undefined) ?? 0);
    },
  });
  return found;
}
