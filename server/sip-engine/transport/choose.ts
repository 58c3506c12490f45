import { isIPv6 } from 'node:net';
import type { Listener } from './listener.ts';
import { isLoopback, isNeighbour, isWildcard } from './local-address.ts';

/** How well a listener bound to `own` sends to `remote`: 0 not at all. */
function fitness(own: string, remote: string): number {
  if (isIPv6(own) !== isIPv6(remote)) return 0;
  if (own === remote) return 5;
  if (isLoopback(own)) return isLoopback(remote) ? 4 : 0;
  if (isWildcard(own)) return 2;
  return isNeighbour(own, remote) ? 3 : 1;
}

/** Of several listeners of one transport the one to send from: of the peer's address family, best in its own network. */
export function bestFor<L extends Listener>(listeners: readonly L[], remote: string): L | undefined {
  const [first] = listeners;
  if (listeners.length === 1 && first !== undefined) return fitness(first.address.host, remote) > 0 ? first : undefined;
  let best: L | undefined;
  let most = 0;
  for (const listener of listeners) {
    const fit = fitness(listener.address.host, remote);
    if (fit <= most) continue;
    best = listener;
    most = fit;
  }
  return best;
}
