/** REFER inside a dialog: asks for a transfer, and a subscription tells how far it is (RFC 3515, RFC 6665). */
import type { Logger } from '../../base/logger.ts';
import type { Dialog, Request, Response } from './drachtio.ts';
import { userOf } from './numbers.ts';
import type { LegReferred } from './ports.ts';
import type { Replaced } from '../../protocol/sip-replaces.ts';
import { replacesIn } from './replaces.ts';

/** How long a subscription that nobody ends may last, seconds. */
const expiresInSeconds = 180;

/** The SIP address of a Refer-To, without its parameters and headers; undefined where there is not exactly one. */
export function referTarget(header: string): string | undefined {
  const value = header.trim();
  const uri = /^(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<([^<>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';
  return /^(?:sips?|tel):[^,\s]+$/i.test(uri) ? uri : undefined;
}

/** The REFERs of one dialog. */
export class Refers {
  readonly #waiting = new Map<number, Response>();
  /** CSeq of the REFER that is being told of: `id` of its subscription (RFC 3515 section 2.4.6). */
  #subscription: string | undefined;
  readonly #cseq = new Map<number, string>();

  /** Takes one in; what cannot be understood is answered at once. `legOf` finds the leg of a dialog that Replaces names. */
  take(
    legId: string,
    token: number,
    { req, res }: { readonly req: Request; readonly res: Response },
    legOf: (replaced: Replaced) => string | undefined,
  ): LegReferred | undefined {
    // RFC 3515 section 2.4.2: exactly one Refer-To.
    const target = req.has('Refer-To') ? referTarget(req.get('Refer-To')) : undefined;
    if (target === undefined) {
      res.send(400, 'Bad Refer-To', {});
      return undefined;
    }
    const named = replacesIn(target);
    const replaces = named === undefined ? {} : { replaces: (named && legOf(named)) ?? null };
    const to = userOf(target);
    if ((to === '' && named === undefined) || /[?&](?:method=(?!invite))/i.test(target)) {
      res.send(501, 'Only an INVITE of a number or an agent', {});
      return undefined;
    }
    this.#waiting.set(token, res);
    this.#cseq.set(token, String(Number.parseInt(req.get('CSeq'), 10)));
    const referredBy = req.has('Referred-By') ? req.get('Referred-By') : undefined;
    return { type: 'leg-referred', legId, token, to, referredBy, ...replaces };
  }

  answer(token: number, status: number): void {
    const res = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (status === 202) this.#subscription = this.#cseq.get(token);
    this.#cseq.delete(token);
    res?.send(status);
  }

  /** NOTIFY with a status line as its body (RFC 3515 section 2.4.5); `last` ends the subscription. */
  notify(
    dialog: Dialog,
    { status, reason, last }: { readonly status: number; readonly reason: string; readonly last: boolean },
    logger: Logger,
  ): void {
    if (this.#subscription === undefined) return;
    const phrase = reason.replace(/[^\x20-\x7e]/g, '');
    const options = {
      method: 'NOTIFY',
      headers: {
        Event: `refer;id=${this.#subscription}`,
        'Subscription-State': last ? 'terminated;reason=noresource' : `active;expires=${String(expiresInSeconds)}`,
        'Content-Type': 'message/sipfrag;version=2.0',
      },
      body: `SIP/2.0 ${String(status)} ${phrase}\r\n`,
    };
    if (last) this.#subscription = undefined;
    const failed = (err: unknown): void => logger.debug({ err }, 'a NOTIFY could not be sent');
    // srf's types want a whole request; it reads these four of it.
    dialog.request(options as unknown as Parameters<Dialog['request']>[0], (err: unknown) => {
      if (err !== null && err !== undefined) failed(err);
    });
  }
}
