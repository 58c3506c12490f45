/** From texts to checked entries: every file parsed, every section's entries validated one by one, each with its place. Pure. */
import { z } from 'zod';
import { diagnose, type Diagnostic, type Place } from './diagnostics.ts';
import { issuesToDiagnostics } from './issues.ts';
import { sectionNames, sections, siteSource, exampleSource, type Section } from './schema.ts';
import { parseSource, type Source, type SourceText } from './source.ts';
import { suggest } from './suggest.ts';

/** An entry of a section and where it stands. */
export class Entry<T> {
  readonly id: string;
  readonly value: T;
  readonly file: string;
  readonly #source: Source;
  readonly #base: readonly PropertyKey[];

  constructor(id: string, value: T, source: Source, base: readonly PropertyKey[]) {
    this.id = id;
    this.value = value;
    this.file = source.name;
    this.#source = source;
    this.#base = base;
  }

  /** Where the value at a path inside the entry begins. */
  at(...path: PropertyKey[]): Place {
    return this.#source.at([...this.#base, ...path]);
  }

  /** Where the key at a path inside the entry begins. */
  keyAt(...path: PropertyKey[]): Place {
    return this.#source.keyAt([...this.#base, ...path]);
  }
}

type MapSection = Exclude<Section, 'site' | 'examples'>;
type EntryOf<S extends MapSection> = z.output<(typeof sections)[S]>[string];

/** Everything valid the files hold, and the names of what is there but not valid. */
export interface Collected {
  readonly site: Entry<z.output<typeof siteSource>> | undefined;
  readonly entries: { readonly [S in MapSection]: ReadonlyMap<string, Entry<EntryOf<S>>> };
  readonly examples: readonly Entry<z.output<typeof exampleSource>>[];
  /** `section/id` of entries that were left out because of their errors: naming them is no second error. */
  readonly broken: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

const mapSections = sectionNames.filter((name): name is MapSection => name !== 'site' && name !== 'examples');

/** The keys known at a path of a file, for "did you mean"; from the schema itself. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [first, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.ZodType>;
    if (first === undefined) return Object.keys(shape);
    const inner = shape[String(first)];
    return inner === undefined ? [] : knownKeys(inner, rest);
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return knownKeys(schema.unwrap() as z.ZodType, path);
  if (schema instanceof z.ZodUnion)
    return [...new Set(schema.options.flatMap((option) => knownKeys(option as z.ZodType, path)))];
  if (first === undefined)
    return schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum
      ? schema.keyType.options.map(String)
      : [];
  if (schema instanceof z.ZodRecord) return knownKeys(schema.valueType as z.ZodType, rest);
  if (schema instanceof z.ZodArray) return knownKeys(schema.element as z.ZodType, rest);
  return [];
}

/** Collects from one file after the other. */
class Collector {
  readonly diagnostics: Diagnostic[] = [];
  readonly broken = new Set<string>();
  readonly examples: Entry<z.output<typeof exampleSource>>[] = [];
  readonly maps = new Map<MapSection, Map<string, Entry<never>>>(mapSections.map((name) => [name, new Map()]));
  site: Entry<z.output<typeof siteSource>> | undefined;

  add(text: SourceText): void {
    const { source, value, diagnostics } = parseSource(text);
    this.diagnostics.push(...diagnostics);
    if (value === undefined || value === null) return;
    if (!isMapping(value)) return this.#wrongShape(source, []);
    for (const [section, content] of Object.entries(value)) this.#section(source, section, content);
  }

  #section(source: Source, section: string, content: unknown): void {
    if (content === null) return;
    if (section === 'site') return this.#site(source, content);
    if (section === 'examples') return this.#examples(source, content);
    const name = mapSections.find((known) => known === section);
    if (name === undefined) {
      const facts = { key: section, known: sectionNames.join(', ') };
      this.diagnostics.push(diagnose(source.keyAt([section]), 'unknown-key', facts, suggest(section, sectionNames)));
      return;
    }
    if (!isMapping(content)) return this.#wrongShape(source, [name]);
    for (const [id, value] of Object.entries(content)) this.#entry(source, name, id, value);
  }

  #entry(source: Source, section: MapSection, id: string, value: unknown): void {
    const place = source.keyAt([section, id]);
    const earlier = this.maps.get(section)?.get(id);
    if (earlier !== undefined) {
      const first = earlier.keyAt();
      this.diagnostics.push(diagnose(place, 'duplicate-id', { id, other: `${first.file}:${first.line}` }));
      return;
    }
    const parsed = this.#parse<unknown>(sections[section], source, [section], { [id]: value });
    if (parsed === undefined) this.broken.add(`${section}/${id}`);
    // The schema of the section has just checked it; the map is typed by section where it is handed out.
    else
      this.maps
        .get(section)
        ?.set(id, new Entry(id, (parsed as Record<string, never>)[id] as never, source, [section, id]));
  }

  #site(source: Source, content: unknown): void {
    if (this.site !== undefined) {
      const facts = { id: 'site', other: this.site.file };
      this.diagnostics.push(diagnose(source.keyAt(['site']), 'duplicate-id', facts));
      return;
    }
    const value = this.#parse(siteSource, source, ['site'], content);
    if (value === undefined) this.broken.add('site');
    else this.site = new Entry('site', value, source, ['site']);
  }

  #examples(source: Source, content: unknown): void {
    if (!Array.isArray(content)) return this.#wrongShape(source, ['examples']);
    content.forEach((value: unknown, at) => {
      const parsed = this.#parse(exampleSource, source, ['examples', at], value);
      if (parsed !== undefined) this.examples.push(new Entry(parsed.name, parsed, source, ['examples', at]));
    });
  }

  #parse<T>(schema: z.ZodType<T>, source: Source, base: readonly PropertyKey[], value: unknown): T | undefined {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const known = (path: readonly PropertyKey[]): readonly string[] => knownKeys(schema, path.slice(base.length));
    this.diagnostics.push(...issuesToDiagnostics(result.error.issues, { source, base, value, known }));
    return undefined;
  }

  #wrongShape(source: Source, path: readonly PropertyKey[]): void {
    const list = path[0] === 'examples';
    const facts = {
      expected: list ? 'a list' : 'a mapping (`name: value` lines)',
      found: list ? 'something else' : 'a text or a list',
    };
    this.diagnostics.push(
      diagnose(source.at(path), 'wrong-value', facts, undefined, {
        expected: list ? '列表' : '映射（`名称: 值`）',
        found: '其他内容',
      }),
    );
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads every file. What is wrong is left out and reported; the rest is there to be linked. */
export function collect(files: readonly SourceText[]): Collected {
  const collector = new Collector();
  for (const file of files) collector.add(file);
  const { site, examples, broken, diagnostics, maps } = collector;
  return { site, examples, broken, diagnostics, entries: Object.fromEntries(maps) as unknown as Collected['entries'] };
}
