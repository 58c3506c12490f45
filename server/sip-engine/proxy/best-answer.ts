/** A final answer a branch got, or the one made here when it got none. */
export interface Candidate {
  readonly branch: number;
  readonly status: number;
  /** Made here: 408 for silence, 503 for a peer that cannot be reached. */
  readonly local: boolean;
}

/** 4xx answers that tell the caller what to do differently: preferred by RFC 3261 section 16.7 step 6. */
const telling = new Set([401, 407, 415, 420, 484]);
/** 4xx answers that say least. */
const mute = new Set([408, 487]);

/** Lower is better: any 6xx, then the lowest class, and within 4xx what helps the caller most. */
function rank({ status, local }: Candidate): number {
  if (status >= 600) return 0;
  const own = local ? 1 : 0;
  if (status < 400 || status >= 500) return Math.floor(status / 100) * 10 + (status === 503 ? 2 : 0) + own;
  if (telling.has(status)) return 40;
  return (mute.has(status) ? 44 : 42) + own;
}

/** The one of the answers that the caller gets, the first of equals; undefined when there are none. */
export function bestOf(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || rank(candidate) < rank(best)) best = candidate;
  }
  return best;
}
