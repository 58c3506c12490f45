/** The URIs of trunks: who is called at which target. Pure. */
import type { TrunkConfig } from './config.ts';

/** `sip:host:port;transport=tcp` in parts; the port with its colon. */
function partsOf(uri: string): {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly rest: string;
} {
  const match = /^(sips?):(\[[^\]]+\]|[^:;]+)(:\d+)?(.*)$/i.exec(uri);
  return { scheme: match?.[1] ?? 'sip', host: match?.[2] ?? '', port: match?.[3] ?? '', rest: match?.[4] ?? '' };
}

/** The host of a target. */
export function hostOf(uri: string): string {
  return partsOf(uri).host;
}

/** The domain our address of record is in. */
export function domainOf(config: Pick<TrunkConfig, 'domain'>, target: string): string {
  return config.domain ?? hostOf(target);
}

/** `;transport=tcp` where the target asks for something. */
export function transportOf(uri: string): string {
  return /;transport=\w+/i.exec(partsOf(uri).rest)?.[0] ?? '';
}

/** What is asked and the next hop where that is not what the URI says. */
export interface Way {
  readonly uri: string;
  readonly proxy?: string;
}

/** The way to a user (or, without one, to the domain itself) at a target. */
export function wayTo(config: Pick<TrunkConfig, 'domain' | 'profile'>, target: string, user: string | null): Way {
  const { scheme, host, port, rest } = partsOf(target);
  const at = user === null ? '' : `${user}@`;
  const phone = user !== null && config.profile === 'ims-cn' ? ';user=phone' : '';
  if (config.domain === null) return { uri: `${scheme}:${at}${host}${port}${rest}${phone}` };
  return { uri: `${scheme}:${at}${config.domain}${phone}`, proxy: `${scheme}:${host}${port}${rest};lr` };
}
