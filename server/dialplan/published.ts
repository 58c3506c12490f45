/** What is made from the schemas for others to read: JSON Schemas for editors, tables for docs/dialplan.md. Pure. */
import { z } from 'zod';
import { expectations, findings } from './findings.ts';
import { fileSchema, sectionNames, sections, stepKinds, stepSchemas } from './schema.ts';

/** The part of JSON Schema that zod gives and the tables need. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }) as JsonSchema;
}

/** The JSON Schemas in `dialplans/schema/`, by file name: one for whole files, one for files of one section each. */
export function publishedSchemas(): ReadonlyMap<string, string> {
  const write = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;
  const whole = { ...jsonSchema(fileSchema), title: 'Jackfield dialplan file' };
  const files = new Map([['dialplan.json', write(whole)]]);
  for (const name of sectionNames) {
    const title = `Jackfield ${name}`;
    files.set(`${name}.json`, write({ ...jsonSchema(z.strictObject({ [name]: sections[name] })), title }));
  }
  return files;
}

/** Tables for the documentation, by the name of their place in it. */
export function publishedTables(): ReadonlyMap<string, string> {
  const tables = new Map<string, string>();
  for (const name of sectionNames) tables.set(name, sectionTable(name));
  for (const kind of stepKinds) tables.set(`step ${kind}`, stepTable(kind));
  tables.set('findings', findingsTable());
  return tables;
}

function findingsTable(): string {
  const rows = Object.entries(findings).map(
    ([code, { severity, message }]) => `| \`${code}\` | ${severity} | ${message.en} |`,
  );
  return ['| Code | | Message |', '|---|---|---|', ...rows].join('\n');
}

function sectionTable(name: (typeof sectionNames)[number]): string {
  const schema = jsonSchema(sections[name]);
  const entry =
    typeof schema.additionalProperties === 'object' ? schema.additionalProperties : (schema.items ?? schema);
  return `${schema.description ?? ''}\n\n${table(entry)}`;
}

function stepTable(kind: (typeof stepKinds)[number]): string {
  const schema = jsonSchema(stepSchemas[kind]);
  const menu = kind === 'menu' ? schema.properties?.['menu'] : undefined;
  return `${schema.description ?? ''}\n\n${table(menu ?? schema)}`;
}

function table(schema: JsonSchema): string {
  const rows = rowsOf(schema, '', new Set(schema.required ?? []));
  const head = ['| Key | Value | | Meaning |', '|---|---|---|---|'];
  return [...head, ...rows].join('\n');
}

function rowsOf(schema: JsonSchema, prefix: string, required: ReadonlySet<string>): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const need = required.has(name)
      ? 'required'
      : value.default === undefined
        ? ''
        : `default \`${JSON.stringify(value.default)}\``;
    const text = (value.description ?? '').replaceAll('|', '\\|');
    const row = `| \`${prefix}${name}\` | ${kindOf(value).replaceAll('|', '\\|')} | ${need} | ${text} |`;
    const inner = innerOf(value);
    return inner === undefined
      ? [row]
      : [row, ...rowsOf(inner.schema, `${prefix}${name}${inner.step}`, new Set(inner.schema.required))];
  });
}

/** The mapping inside a value whose keys deserve rows of their own. Texts in two languages and steps do not. */
function innerOf(value: JsonSchema): { readonly schema: JsonSchema; readonly step: string } | undefined {
  if (value.properties !== undefined) return { schema: value, step: '.' };
  const entries = value.additionalProperties;
  if (typeof entries === 'object' && entries.properties !== undefined) return { schema: entries, step: '.<key>.' };
  return undefined;
}

function kindOf(value: JsonSchema): string {
  if (value.enum !== undefined) return value.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (value.const !== undefined) return `\`${String(value.const)}\``;
  if (value.anyOf !== undefined) return [...new Set(value.anyOf.map(kindOf))].join(' or ');
  if (value.type === 'array') return `list of ${value.items === undefined ? 'values' : kindOf(value.items)}`;
  if (value.type === 'object') return isLabel(value) ? '`{ en, zh }`' : 'mapping';
  if (value.type === 'integer') return `${value.minimum ?? ''}-${value.maximum ?? ''}`;
  if (value.type === 'boolean') return '`true` or `false`';
  return value.pattern === undefined ? 'text' : (patternNames.get(value.pattern) ?? 'text');
}

function isLabel({ properties = {} }: JsonSchema): boolean {
  return Object.keys(properties).join(' ') === 'en zh';
}

const patternNames: ReadonlyMap<string, string> = new Map([
  ['^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', 'name'],
  ['^(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h))+$', 'time, such as `5s` or `1m30s`'],
  ['^\\d{1,2}:\\d{2}-\\d{1,2}:\\d{2}$', expectations.period.en],
  ['^press [0-9*#]+$', '`press ...`'],
  ['^(?:sips?:[^\\s@<>]+@[^\\s<>]+|\\+?[0-9*#]{1,20})$', 'number or SIP address'],
]);

/** Puts the tables into a document, between `<!-- table: NAME -->` and `<!-- end -->`. Throws on a name that is not known. */
export function fillTables(document: string): string {
  const tables = publishedTables();
  return document.replace(
    /(<!-- table: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, open: string, name: string, end: string) => {
      const content = tables.get(name);
      if (content === undefined) throw new Error(`no table "${name}"`);
      return `${open}\n${content}\n\n${end}`;
    },
  );
}
