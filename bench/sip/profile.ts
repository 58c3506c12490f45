/** Where a program's time went, from a profile as `node --cpu-prof` writes it. Pure. */

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface CpuProfile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  /** `writeMessage write.ts:12`. */
  readonly name: string;
  /** Of the time that was not spent waiting, 0 to 1. */
  readonly part: number;
}

const nameOf = ({ callFrame: { functionName, url, lineNumber } }: Node): string => {
  const file = url.split('/').slice(-2).join('/');
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
};

/** What each function took itself, without those it called; largest first, without idle time and the profiler's own. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Share[] {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const spent = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    if (name === '(idle)' || name === '(root)' || name.startsWith('post node:inspector')) continue;
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  }
  const total = [...spent.values()].reduce((sum, each) => sum + each, 0);
  return [...spent].map(([name, time]) => ({ name, part: time / total })).sort((a, b) => b.part - a.part);
}
