/** The phones of a registration storm in a process of their own, so that their CPU is not the site's. Driven by messages. */
import { Storm, type StormOptions } from '../../test/support/sip/storm-phones.ts';

/** What it is told; each is answered by `{id, value}`. */
export type StormOrder =
  | { readonly type: 'udp' | 'pages'; readonly options: StormOptions }
  | { readonly type: 'register'; readonly perSecond: number }
  /** Answered when all pages are back. */
  | { readonly type: 'again' }
  | { readonly type: 'forget-asked' | 'asked' };

let storm: Storm | undefined;

async function obey(order: StormOrder): Promise<unknown> {
  switch (order.type) {
    case 'udp':
      storm = await Storm.udp(order.options);
      return undefined;
    case 'pages':
      storm = Storm.webSockets(order.options);
      return undefined;
    case 'register':
      return storm?.register(order.perSecond);
    case 'again':
      return storm?.again();
    case 'forget-asked':
      return storm?.forgetAsked();
    case 'asked':
      return storm?.asked;
  }
}

process.on('message', ({ id, order }: { id: number; order: StormOrder }) => {
  void obey(order).then((value) => process.send?.({ id, value }));
});
process.on('disconnect', () => process.exit());
