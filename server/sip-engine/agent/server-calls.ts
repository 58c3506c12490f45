import type { AppConnection } from '../control/app-connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';

/** A request from the network that an app has to answer. */
export interface ServerCall {
  readonly transactionId: string;
  readonly transaction: ServerTransaction;
  /** The tag of the app it belongs to. */
  tag: string;
  /** The connection that has it; undefined while it waits in the lot. */
  owner: AppConnection | undefined;
  /** The dialog it came in, or the one it began. */
  dialog: Dialog | undefined;
  /** True when it came inside a dialog. */
  readonly inside: boolean;
  /** The To tag of every answer but 100; fixed by the first. */
  localTag: string | undefined;
  /** Answers of the app that wait for a PRACK (RFC 3262 section 3), in order. */
  readonly held: (() => void)[];
}

/** The requests apps have not answered yet. */
export class ServerCalls {
  /** Hears of each that is removed. */
  removed: (call: ServerCall) => void = () => {};
  readonly #byId = new Map<string, ServerCall>();
  readonly #byTransaction = new Map<ServerTransaction, ServerCall>();

  /** Keeps it until it is answered, or its transaction ends without. */
  add(call: ServerCall): void {
    this.#byId.set(call.transactionId, call);
    this.#byTransaction.set(call.transaction, call);
    call.transaction.onEnd = () => void this.remove(call);
  }

  get(transactionId: string): ServerCall | undefined {
    return this.#byId.get(transactionId);
  }

  of(transaction: ServerTransaction): ServerCall | undefined {
    return this.#byTransaction.get(transaction);
  }

  /** Forgets it; false when it was not there any more. */
  remove(call: ServerCall): boolean {
    this.#byTransaction.delete(call.transaction);
    call.transaction.onEnd = () => {};
    const { dialog } = call;
    if (dialog?.peerInvite === call.transaction) dialog.peerInvite = undefined;
    if (dialog?.peerUpdate === call.transaction) dialog.peerUpdate = undefined;
    const removed = this.#byId.delete(call.transactionId);
    this.removed(call);
    // Too late for those: each is told so.
    for (const run of call.held.splice(0)) run();
    return removed;
  }

  /** Those a connection has. */
  ownedBy(app: AppConnection): ServerCall[] {
    return [...this.#byId.values()].filter((call) => call.owner === app);
  }

  /** Dialogs a BYE has ended while their app still has to hear (or answer) it. */
  get ending(): Dialog[] {
    return [...this.#byId.values()].flatMap(({ inside, dialog, transaction }) =>
      inside && dialog !== undefined && transaction.request.message.method === 'BYE' ? [dialog] : [],
    );
  }

  get size(): number {
    return this.#byId.size;
  }
}
