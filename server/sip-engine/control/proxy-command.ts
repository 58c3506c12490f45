import { readNumber } from '../parser/characters.ts';

/** How an app wants a request proxied; times in milliseconds, undefined when it set none. */
export interface ProxyWishes {
  /** Record-Route, or Path for a REGISTER. */
  readonly remainInDialog: boolean;
  readonly followRedirects: boolean;
  readonly simultaneous: boolean;
  readonly provisionalTimeout: number | undefined;
  readonly finalTimeout: number | undefined;
  readonly destinations: readonly string[];
}

/** `2s` or `1500ms`; undefined for anything else, as the reference does. */
export function readDuration(text: string): number | undefined {
  const short = text.endsWith('ms');
  const unit = short ? 1 : 1000;
  const value = readNumber(short ? text.slice(0, -2) : text.endsWith('s') ? text.slice(0, -1) : text);
  return value === undefined || value === 0 ? undefined : value * unit;
}

/** Reads the fields after the verb: txnId, remainInDialog, fullResponse, followRedirects, forking, two times, targets. */
export function readProxyFields(fields: readonly string[]): { transactionId: string; wishes: ProxyWishes } {
  const [transactionId = '', remain = '', , follow = '', forking = '', provisional = '', final = '', ...to] = fields;
  return {
    transactionId,
    wishes: {
      remainInDialog: remain !== '',
      followRedirects: follow !== '',
      simultaneous: forking === 'simultaneous',
      provisionalTimeout: readDuration(provisional),
      finalTimeout: readDuration(final),
      destinations: to.filter((destination) => destination !== ''),
    },
  };
}
