/**
 * Things by their id, immutable: a change gives another table and leaves this one as it is. It copies one bucket, not
 * the whole, because routing changes with every registration of every agent: with 10,000 of them a record that is
 * spread costs milliseconds a change.
 */
const bucketCount = 256;

type Bucket<T> = ReadonlyMap<string, T>;

/** FNV-1a: ids differ in their last letters, and have to be spread all the same. */
function bucketOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (bucketCount - 1);
}

/** See the file. Its values come in no particular order. */
export class Table<T> {
  // Not `#`: tests compare tables by what is in them.
  private readonly buckets: readonly Bucket<T>[];
  readonly size: number;

  private constructor(buckets: readonly Bucket<T>[], size: number) {
    this.buckets = buckets;
    this.size = size;
  }

  /** A table of these, by their ids. */
  static of<T>(entries: Readonly<Record<string, T>> = {}): Table<T> {
    const buckets = Array.from({ length: bucketCount }, () => new Map<string, T>());
    const all = Object.entries(entries);
    for (const [id, value] of all) buckets[bucketOf(id)]?.set(id, value);
    return new Table<T>(buckets, all.length);
  }

  get(id: string): T | undefined {
    return this.buckets[bucketOf(id)]?.get(id);
  }

  /** With this value under that id, whether or not there was one. */
  with(id: string, value: T): Table<T> {
    const at = bucketOf(id);
    const before = this.buckets[at];
    const size = this.size + (before?.has(id) === true ? 0 : 1);
    return new Table(this.buckets.with(at, new Map(before).set(id, value)), size);
  }

  without(id: string): Table<T> {
    const at = bucketOf(id);
    const bucket = new Map(this.buckets[at]);
    return bucket.delete(id) ? new Table(this.buckets.with(at, bucket), this.size - 1) : this;
  }

  values(): T[] {
    return this.buckets.flatMap((bucket) => [...bucket.values()]);
  }

  ids(): string[] {
    return this.buckets.flatMap((bucket) => [...bucket.keys()]);
  }

  /** What `after`, a later state of this table, has otherwise: ids with their values, undefined for what is gone. */
  changesTo(after: Table<T>): [string, T | undefined][] {
    const changes: [string, T | undefined][] = [];
    for (const [at, bucket] of after.buckets.entries()) {
      const before = this.buckets[at];
      if (before === undefined || bucket === before) continue;
      for (const [id, value] of bucket) if (before.get(id) !== value) changes.push([id, value]);
      for (const id of before.keys()) if (!bucket.has(id)) changes.push([id, undefined]);
    }
    return changes;
  }
}
