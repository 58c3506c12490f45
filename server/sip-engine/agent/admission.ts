import { readReplaces } from '../../../protocol/sip-replaces.ts';
import type { Replaced } from '../../../protocol/sip-replaces.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { splitOutside } from '../parser/characters.ts';
import { headerOf, headersOf } from '../parser/message.ts';
import type { Header, SipRequest } from '../parser/message.ts';

/**
 * Extensions a request may require of us: the engine's own (RFC 3262, 4028), and those that are headers an app reads or
 * writes. What an app can beyond that it says by `--supports`, or by a tag `supports:NAME` (`supports:*` for a proxy,
 * which has to leave Require alone).
 */
export const knownExtensions: readonly string[] =
  '100rel timer replaces norefersub path outbound histinfo from-change tdialog uui privacy'.split(' ');

/** An answer the engine gives without asking an app. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly Header[];
}

/** The option tags of Require that nobody here knows, RFC 3261 section 8.2.2.3. */
export function unknownExtensions(request: SipRequest, known: (option: string) => boolean): string[] {
  return headersOf(request, 'Require')
    .flatMap((value) => value.split(','))
    .map((option) => option.trim().toLowerCase())
    .filter((option) => option !== '' && !known(option));
}

/** What makes a request wrong whoever would get it; undefined when nothing does. */
export function wrongRequest(request: SipRequest): Refusal | undefined {
  const values = (name: string): string[] => headersOf(request, name).flatMap((value) => splitOutside(value, ','));
  const refuse = (status: number): Refusal => ({ status, headers: [] });
  // RFC 3891 section 3.
  const replaces = values('Replaces');
  if (replaces.length > 1 || (replaces.length > 0 && request.method !== 'INVITE')) return refuse(400);
  if (replaces.length > 0 && headerOf(request, 'Join') !== undefined) return refuse(400);
  if (replaces[0] !== undefined && readReplaces(replaces[0]) === undefined) return refuse(400);
  // RFC 3515 section 2.4.2.
  if (request.method === 'REFER' && values('Refer-To').length !== 1) return refuse(400);
  // RFC 6665 section 8.2.1.
  if (request.method === 'SUBSCRIBE' && headerOf(request, 'Event') === undefined) return refuse(489);
  return undefined;
}

/** What an INVITE that replaces a dialog held here has to be refused with (RFC 3891 section 3); undefined: the app decides. */
export function wrongReplacement(replaced: Replaced, dialog: Pick<Dialog, 'state' | 'role'>): number | undefined {
  if (dialog.state === 'confirmed') return replaced.earlyOnly ? 486 : undefined;
  // Only a call of ours that rings elsewhere can be picked up from there.
  return dialog.role === 'uac' ? undefined : 481;
}
