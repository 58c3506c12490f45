import type { AppConnection } from '../control/app-connection.ts';
import { writeMeta } from '../control/meta.ts';
import type { MetaFacts } from '../control/meta.ts';
import type { Dialog } from '../dialog/dialog.ts';
import { headerOf } from '../parser/message.ts';
import type { SipMessage } from '../parser/message.ts';
import { readReplaces } from '../../../protocol/sip-replaces.ts';
import { writeMessage } from '../parser/write.ts';
import type { Flow } from '../transport/flow.ts';
import type { EngineContext } from './context.ts';

/** Writes `sip` frames and echoes; every meta block of the engine is made here. */
export class Deliveries {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** A message from the network. For a new request `receivedOn` is our end and the dialog id is empty. */
  fromNetwork(
    app: AppConnection,
    message: SipMessage,
    facts: { flow: Flow; transactionId: string; dialogId: string; receivedOn?: boolean },
  ): void {
    const sip = writeMessage(facts.receivedOn === true ? this.#withReplaced(message) : message);
    const { flow } = facts;
    const meta = this.#meta('network', sip, flow, facts.transactionId, flow.remote);
    const on = facts.receivedOn === true ? `${flow.local.host}|${flow.local.port}|` : '';
    app.deliver(`${meta}|${facts.dialogId}|${on}`, sip);
  }

  /** An INVITE that replaces a dialog held here bears its id for the app (RFC 3891); nobody else may set that header. */
  #withReplaced(message: SipMessage): SipMessage {
    const headers = message.headers.filter(({ name }) => name.toLowerCase() !== 'x-jackfield-replaces');
    const replaces = headerOf(message, 'Replaces');
    const named = replaces === undefined ? undefined : readReplaces(replaces);
    const dialog = named && this.#context.dialogs.ofTags(named.callId, named.toTag, named.fromTag);
    if (dialog !== undefined) headers.push({ name: 'X-Jackfield-Replaces', value: dialog.id });
    return { ...message, headers };
  }

  /** An answer made here because the network gave none: no address, port 0. */
  madeHere(app: AppConnection, message: SipMessage, transactionId: string, dialogId: string): void {
    const sip = writeMessage(message);
    const address = { host: '', port: 0 };
    const facts: MetaFacts = {
      source: 'network',
      bytes: sip.length,
      protocol: 'udp',
      address,
      at: this.#context.clock.now(),
      transactionId,
    };
    app.deliver(`${writeMeta(facts)}|${dialogId}|`, sip);
  }

  /** Tells the owner of a dialog that the engine itself ended it. */
  unsolicited(app: AppConnection, bye: Buffer, flow: Flow, dialog: Dialog): void {
    app.deliver(`${this.#meta('application', bye, flow, 'unsolicited', flow.local)}|${dialog.id}|`, bye);
  }

  /** The echo of a request the app sent. */
  echoRequest(app: AppConnection, id: string, sent: Buffer, flow: Flow, transactionId: string): void {
    const meta = this.#meta('application', sent, flow, transactionId, flow.local);
    app.reply(id, 'OK', `${meta}|Msg sent:|`, sent);
    // Nothing is to come in one read with it (rule 4 of the control protocol, see `separate`).
    app.flush();
  }

  /** The echo of a response the app sent. */
  echoResponse(
    app: AppConnection,
    id: string,
    sent: Buffer,
    facts: { flow: Flow; transactionId: string; dialogId: string },
  ): void {
    const meta = this.#meta('application', sent, facts.flow, facts.transactionId, facts.flow.remote);
    app.reply(id, 'OK', `${meta}|${facts.dialogId}||Msg sent:|`, sent);
  }

  #meta(
    source: MetaFacts['source'],
    sip: Buffer,
    flow: Flow,
    transactionId: string,
    address: MetaFacts['address'],
  ): string {
    const at = this.#context.clock.now();
    return writeMeta({ source, bytes: sip.length, protocol: flow.protocol, address, at, transactionId });
  }
}
