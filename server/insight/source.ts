/** One YAML file with the place of everything in it. Pure. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { diagnose, type Diagnostic, type Place } from './diagnostics.ts';

/** A file as read, its name relative to the folder. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

type Path = readonly PropertyKey[];

/** A file, its value, and where each part of it stands. */
export class Source {
  readonly name: string;
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  constructor({ name, text }: SourceText) {
    this.name = name;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: true });
    const errors = this.#document.errors.map(({ message, pos }) =>
      diagnose(this.#at(pos[0]), 'yaml-syntax', { reason: message }),
    );
    if (errors.length > 0) {
      this.diagnostics = errors;
      return;
    }
    try {
      this.value = this.#document.toJS({ maxAliasCount: 100 });
      this.diagnostics = [];
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.diagnostics = [diagnose(this.#at(0), 'yaml-syntax', { reason })];
    }
  }

  /** Where a value begins (with `key`: where its key does); of what is not there, the nearest thing around it. */
  place(path: Path, key = false): Place {
    let node: Node | null = this.#document.contents;
    let at = node?.range?.[0] ?? 0;
    for (const [depth, part] of path.entries()) {
      const found = child(node, part);
      if (found === undefined) break;
      const begin = key && depth === path.length - 1 ? (found.key ?? found.node) : (found.node ?? found.key);
      at = begin?.range?.[0] ?? at;
      node = found.node;
    }
    return this.#at(at);
  }

  #at(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.name, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function child(node: Node | null, part: PropertyKey): { key: Node | null; node: Node | null } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { key: null, node: item as Node };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? undefined : { key: pair.key as Node, node: pair.value as Node | null };
}
