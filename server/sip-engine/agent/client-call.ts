import type { Cancel } from '../../../base/clock.ts';
import type { AppConnection } from '../control/app-connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Header } from '../parser/message.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';

/** A request an app sent, until its final answer. */
export interface ClientCall {
  readonly transactionId: string;
  readonly method: string;
  /** Set at once after the request is built; the transaction tells nothing before. */
  readonly transaction: ClientTransaction;
  /** The connection that hears the answers; undefined once it is gone. */
  owner: AppConnection | undefined;
  readonly tag: string;
  /** What answers carry as dialog id; '' outside of dialogs. */
  readonly dialogId: string;
  readonly fromTag: string;
  /** The dialog it was sent in, or the one it began. */
  dialog: Dialog | undefined;
  readonly inside: boolean;
  /** `held`: to be sent when a provisional answer comes (RFC 3261 section 9.1). */
  cancelling: 'no' | 'held' | 'sent';
  cancelHeaders: readonly Header[];
  /** Gives up an INVITE whose CANCEL nobody answers. */
  cancelWait: Cancel;
  /** No answer goes to the app before this time (its echo must be read first). */
  readonly holdUntil: number;
}
