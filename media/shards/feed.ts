/** Who is heard on a leg, beside plays and digits. */
export type FeedOf<L> =
  | { readonly type: 'silence' }
  | { readonly type: 'direct'; readonly from: L; readonly gainDb: number }
  | { readonly type: 'mix'; readonly from: readonly FeedPart<L>[] };

export interface FeedPart<L> {
  readonly leg: L;
  readonly gainDb: number;
}

function partsOf<L>(feed: FeedOf<L>): readonly FeedPart<L>[] {
  if (feed.type === 'silence') return [];
  return feed.type === 'mix' ? feed.from : [{ leg: feed.from, gainDb: feed.gainDb }];
}

/** Do both sound the same: the same legs, as loud? */
export function sameFeed<L>(one: FeedOf<L>, other: FeedOf<L>): boolean {
  const [a, b] = [partsOf(one), partsOf(other)];
  const same = a.every(({ leg, gainDb }, at) => leg === b[at]?.leg && gainDb === b[at]?.gainDb);
  return one.type === other.type && a.length === b.length && same;
}
