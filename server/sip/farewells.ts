/** BYE for dialogs nobody of us has any more: those only the engine still knows, and those the engine itself forgot. */
import type { Logger } from '../../base/logger.ts';
import { uriIn } from './devices.ts';
import { requestOn, type Srf } from './drachtio.ts';
import type { StoredDialog } from './ports.ts';

type Farewell =
  /** The engine holds it, but it is no leg of ours: we died between the 200 and the row. */
  | { readonly type: 'orphan'; readonly dialogId: string }
  /** We hold it, but the engine that made it is gone. */
  | { readonly type: 'forgotten'; readonly dialog: StoredDialog };

/**
 * Beyond any number the engine has used in a dialog it forgot: RFC 3261 section 12.2.1.1 wants it higher than the last,
 * section 8.1.1.5 lower than 2^31.
 */
const lateCseq = 2_000_000_000;

/** Says goodbye as soon as there is a connection to the engine; a peer who cannot be reached hears nothing. */
export class Farewells {
  readonly #srf: Srf;
  readonly #logger: Logger;
  #waiting: Farewell[] = [];

  constructor(srf: Srf, logger: Logger) {
    this.#srf = srf;
    this.#logger = logger;
  }

  add(farewell: Farewell): void {
    this.#waiting.push(farewell);
  }

  /** The engine is connected. */
  say(): void {
    const farewells = this.#waiting;
    this.#waiting = [];
    for (const farewell of farewells) {
      this.#logger.info({ dialog: farewell.type }, 'a BYE for a dialog that was lost');
      requestOn(this.#srf, byeOf(farewell), (err) => this.#logger.debug({ err }, 'it could not be sent'));
    }
  }
}

function byeOf(farewell: Farewell): Parameters<typeof requestOn>[1] {
  const headers = { Reason: 'SIP;cause=200;text="signalling lost"' };
  if (farewell.type === 'orphan') return { method: 'BYE', stackDialogId: farewell.dialogId, headers };
  const { sip, local, remote, routes = [] } = farewell.dialog;
  const [first] = routes;
  return {
    method: 'BYE',
    uri: remote.uri,
    ...(first === undefined ? {} : { proxy: uriIn(first) }),
    headers: {
      ...headers,
      ...(first === undefined ? {} : { Route: routes.join(', ') }),
      From: `<${local.uri}>;tag=${sip.localTag}`,
      To: `<${remote.uri}>;tag=${sip.remoteTag}`,
      'Call-ID': sip.callId,
      CSeq: `${lateCseq} BYE`,
    },
  };
}
