import type { Cancel } from '../../../base/clock.ts';
import type { AppConnection } from '../control/app-connection.ts';
import type { EchoMark } from '../control/separation.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Header } from '../parser/message.ts';
import type { ReliableOrder } from './reliable.ts';
import type { ClientTransaction } from '../transaction/client-transaction.ts';
import type { Ways } from './ways.ts';

/** A request an app sent, until its transaction ends. */
export interface ClientCall {
  readonly transactionId: string;
  readonly method: string;
  /** Another one when the request goes out again after a 422. */
  transaction: ClientTransaction;
  /** Sends the request again with these headers (Via and CSeq are made anew), under the same id towards the app. */
  again(headers: readonly Header[]): void;
  /** How often it went out again. */
  retries: number;
  /** True from the first final answer. */
  settled: boolean;
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
  /** The echo its answers must be read apart from; undefined where an app listens from the start. */
  echo: EchoMark | undefined;
  /** Which reliable provisional answers have come. */
  reliable: ReliableOrder;
  /** NOTIFYs that came before the answer to this SUBSCRIBE or REFER. */
  readonly early: (() => void)[];
  /** Where else it may go when this place fails (RFC 3263 section 4.3). */
  readonly ways: Ways;
  /** Stops waiting for a place that says nothing. */
  nextWait: Cancel;
}

/** The requests of apps that are under way, by the id apps know. */
export type ClientCalls = Map<string, ClientCall>;
