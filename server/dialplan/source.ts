/** One YAML file, with the place of everything in it. Pure. */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
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

  #walk(path: Path): { key: Node | null; node: Node | null } {
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

function child(node: Node | null, part: string | number | symbol): { key: Node | null; node: Node | null } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { key: null, node: item as Node };
  }
  if (!isMap(node)) return undefined;
  for (const pair of node.items) {
    if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== String(part)) continue;
    return { key: pair.key, node: pair.value as Node | null };
  }
  return undefined;
}

/** What a file says; `value` is undefined if it is not YAML at all. */
export interface Parsed {
  readonly source: Source;
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file. Duplicate keys and every syntax error are reported with their place. */
export function parseSource({ name, text }: SourceText): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const source = new Source(name, document, lines);
  const diagnostics = document.errors.map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return diagnose({ file: name, line: Math.max(1, line), column: Math.max(1, col) }, 'yaml-syntax', {
      reason: message,
    });
  });
  if (diagnostics.length > 0) return { source, value: undefined, diagnostics };
  try {
    return { source, value: document.toJS({ maxAliasCount: 100 }), diagnostics };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { source, value: undefined, diagnostics: [diagnose(source.at([]), 'yaml-syntax', { reason })] };
  }
}
