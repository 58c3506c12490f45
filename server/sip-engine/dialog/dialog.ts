import type { AppConnection } from '../control/app-connection.ts';
import type { Header, ReadMessage, SipMessage } from '../parser/message.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import { headersOf } from '../parser/message.ts';
import { splitOutside } from '../parser/characters.ts';
import { parseNameAddrs } from '../parser/name-addr.ts';
import type { Cancel } from '../../../base/clock.ts';
import type { Address, Flow } from '../transport/flow.ts';
import type { SessionState } from './session-timer.ts';

/** A 2xx of ours that waits for its ACK. */
export interface OpenAnswer {
  readonly transactionId: string;
  /** Its session description is an offer: the INVITE had none. */
  readonly offers: boolean;
  stop(): void;
}

/** A 2xx of the peer and the ACK it got: none until the app sends one. */
export interface OpenAck {
  readonly cseq: number;
  /** True for the INVITE that began the dialog. */
  readonly initial: boolean;
  /** Authorization headers of the INVITE, which its ACK repeats (RFC 3261 section 13.2.2.4). */
  readonly credentials: readonly Header[];
  bytes: Buffer | undefined;
  /** Gives up waiting for the app's ACK. */
  cancelWait: Cancel;
}

/** A reliable provisional answer of ours without PRACK. */
export interface OpenReliable {
  /** Of the INVITE. */
  readonly cseq: number;
  /** It bears a session description, so a 2xx must wait for its PRACK (RFC 3262 section 3). */
  readonly sdp: boolean;
  stop(): void;
}

/** The peer's half of a dialog: each fork of an INVITE has its own (RFC 3261 section 12.1.2). */
export type Fork = Pick<
  DialogFacts,
  'remoteTag' | 'remoteParty' | 'remoteTarget' | 'routeSet' | 'flow' | 'source' | 'remoteSeq'
>;

/** What a dialog is made of when it begins, RFC 3261 section 12.1. Fields that change in its life are not readonly. */
export interface DialogFacts {
  /** drachtio's: `<Call-ID>;from-tag=<tag of the party that began it>`. */
  readonly id: string;
  readonly role: 'uac' | 'uas';
  /** What began it. */
  readonly kind: 'INVITE' | 'SUBSCRIBE';
  readonly callId: string;
  readonly localTag: string;
  remoteTag: string;
  /** Our From value in it, with tag. */
  readonly localParty: string;
  /** The peer's, with tag once known. */
  remoteParty: string;
  localSeq: number;
  remoteSeq: number | undefined;
  remoteTarget: string;
  routeSet: readonly string[];
  localContact: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** The connection that gets its requests; undefined while parked. */
  owner: AppConnection | undefined;
  /** The tag it belongs to, whoever is connected. */
  readonly tag: string;
  /** The path its last message came by. */
  flow: Flow;
  /** Where the peer sends from, when it is behind a NAT and its Contact says otherwise. */
  source: Address | undefined;
}

/** A dialog in its life. */
export interface Dialog extends DialogFacts {
  state: 'early' | 'confirmed';
  /** While our INVITE is not accepted: the halves of the other peers that answered it, by their tags. */
  readonly forks: Map<string, Fork>;
  /** Our INVITEs answered 2xx, by CSeq. */
  readonly acks: Map<number, OpenAck>;
  /** The peer's INVITEs we answered 2xx and that were not ACKed yet, by CSeq. */
  readonly answers: Map<number, OpenAnswer>;
  /** Reliable provisional answers without PRACK: what stops each, by RSeq. */
  readonly reliable: Map<number, OpenReliable>;
  /** Of the last reliable provisional answer of ours; undefined before the first. */
  lastRseq: number | undefined;
  /** Reliable provisional answers of the peer whose PRACK the app has not sent yet, oldest first. */
  pracks: { readonly rseq: number; readonly cseq: number; readonly tag: string }[];
  /** The offer of the INVITE under way was answered in a reliable provisional answer (RFC 3262 section 5). */
  offerAnswered: boolean;
  /** What waits for the ACK of a 2xx of ours: RFC 3261 section 15 forbids a BYE before it. */
  afterAck: (() => void)[];
  /** What is subscribed to; undefined in the dialog of an INVITE. */
  event: string | undefined;
  /** When a subscription is forgotten that nobody renews, milliseconds since the epoch, and what forgets it. */
  until: number | undefined;
  cancelExpiry: Cancel;
  /** An INVITE of ours without final answer. */
  ownInvite: { readonly offers: boolean; cancel(): void } | undefined;
  /** An UPDATE of ours without final answer. */
  ownUpdate: { readonly offers: boolean } | undefined;
  /** An INVITE, an UPDATE of the peer without final answer. */
  peerInvite: ServerTransaction | undefined;
  peerUpdate: ServerTransaction | undefined;
  /** Cancelled too late: to be ended once its ACK is out. */
  crossed: boolean;
  /** The last session description of ours that is in force; what a refresh by re-INVITE repeats. */
  localSdp: Buffer | undefined;
  /** True when the peer's Allow names UPDATE. */
  peerUpdates: boolean;
  /** RFC 4028. */
  session: SessionState;
  cancelSession: Cancel;
  /** INVITEs and UPDATEs of the app that wait for the end of a refresh of ours; undefined when none is under way. */
  afterRefresh: (() => void)[] | undefined;
  /** Ends the lease of a parked dialog. */
  cancelLease: Cancel;
  /** Taken up from the journal of an engine that died. */
  recovered: boolean;
}

/** A dialog at its beginning: early, nothing under way. */
export function newDialog(facts: DialogFacts): Dialog {
  return {
    ...facts,
    state: 'early',
    forks: new Map(),
    acks: new Map(),
    answers: new Map(),
    reliable: new Map(),
    lastRseq: undefined,
    pracks: [],
    offerAnswered: false,
    afterAck: [],
    event: undefined,
    until: undefined,
    cancelExpiry: () => {},
    ownInvite: undefined,
    ownUpdate: undefined,
    peerInvite: undefined,
    peerUpdate: undefined,
    crossed: false,
    localSdp: undefined,
    peerUpdates: false,
    session: { type: 'off' },
    cancelSession: () => {},
    afterRefresh: undefined,
    cancelLease: () => {},
    recovered: false,
  };
}

/** Makes the peer with `tag` the one the dialog is with; one not heard of before starts at `target`. */
export function turnToFork(dialog: Dialog, tag: string, target: string): void {
  if (dialog.remoteTag === tag) return;
  const { remoteTag, remoteParty, remoteTarget, routeSet, flow, source, remoteSeq } = dialog;
  dialog.forks.set(remoteTag, { remoteTag, remoteParty, remoteTarget, routeSet, flow, source, remoteSeq });
  const fresh = { remoteTag: tag, remoteTarget: target, routeSet: [], source: undefined, remoteSeq: undefined };
  Object.assign(dialog, dialog.forks.get(tag) ?? fresh);
  dialog.forks.delete(tag);
}

/** drachtio's dialog id. */
export function dialogId(callId: string, initiatorTag: string): string {
  return `${callId};from-tag=${initiatorTag}`;
}

/** The Contact URI of a message; undefined when absent or unreadable. */
export function contactUri(message: SipMessage): string | undefined {
  return parseNameAddrs(headersOf(message, 'Contact'))[0]?.uri;
}

/** Record-Route values in the order they stand, one a piece. */
export function recordRoutes(message: SipMessage): string[] {
  return headersOf(message, 'Record-Route').flatMap((value) => splitOutside(value, ','));
}

/** True when requests of this message's sender must go back to where it came from, its Contact being another host. */
export function isNatted(contactHost: string | undefined, flow: Flow, routed: boolean): boolean {
  return !flow.reliable && !routed && contactHost !== undefined && contactHost !== flow.remote.host;
}

/** Hears which dialogs may have changed, also too often; what they are is looked at when the turn of the event loop ends. */
export interface DialogWatch {
  touched(dialog: Dialog): void;
}

/** The dialogs, found by drachtio's id or by a message's tags. Whoever is given one is taken to change it. */
export class Dialogs {
  readonly #dialogs = new Map<string, Dialog>();
  readonly #removed: (dialog: Dialog) => void;
  #watch: DialogWatch | undefined;

  /** `removed` is told of each before what is armed for it is forgotten. */
  constructor(removed: (dialog: Dialog) => void = () => {}) {
    this.#removed = removed;
  }

  /** From now on `watch` hears of every dialog that is looked up, confirmed or removed. */
  watchedBy(watch: DialogWatch): void {
    this.#watch = watch;
  }

  /** To be called where a dialog changes that was not looked up in the same turn of the event loop. */
  touch(dialog: Dialog): void {
    this.#watch?.touched(dialog);
  }

  add(dialog: Dialog): void {
    this.#dialogs.set(dialog.id, dialog);
    this.touch(dialog);
  }

  get(id: string): Dialog | undefined {
    const dialog = this.#dialogs.get(id);
    if (dialog !== undefined) this.touch(dialog);
    return dialog;
  }

  /** What is there, without anybody meaning to change it. */
  peek(id: string): Dialog | undefined {
    return this.#dialogs.get(id);
  }

  /** Forgets it with all that is armed for it. */
  remove(dialog: Dialog): void {
    if (this.#dialogs.get(dialog.id) !== dialog) return;
    this.#dialogs.delete(dialog.id);
    this.#removed(dialog);
    dialog.cancelLease();
    dialog.cancelSession();
    for (const answer of dialog.answers.values()) answer.stop();
    for (const ack of dialog.acks.values()) ack.cancelWait();
    for (const { stop } of dialog.reliable.values()) stop();
    dialog.cancelExpiry();
    for (const run of dialog.afterAck.splice(0)) run();
    dialog.answers.clear();
    dialog.reliable.clear();
    this.touch(dialog);
  }

  /** The dialog a request from the network is inside of: its From tag is the peer's, its To tag ours. */
  ofRequest(read: ReadMessage): Dialog | undefined {
    return read.toTag === undefined ? undefined : this.ofTags(read.callId, read.toTag, read.fromTag);
  }

  /** The dialog with this Call-ID, this tag of ours and that one of the peer. */
  ofTags(callId: string, local: string, remote: string): Dialog | undefined {
    const begunByPeer = this.get(dialogId(callId, remote));
    if (begunByPeer?.role === 'uas' && begunByPeer.localTag === local) return begunByPeer;
    const begunByUs = this.get(dialogId(callId, local));
    if (begunByUs?.role !== 'uac') return undefined;
    return begunByUs.remoteTag === remote || begunByUs.forks.has(remote) ? begunByUs : undefined;
  }

  /** A confirmed dialog with this Call-ID; undefined when there is none or more than one. */
  byCallId(callId: string): Dialog | undefined {
    let found: Dialog | undefined;
    for (const dialog of this.#dialogs.values()) {
      if (dialog.callId !== callId || dialog.state !== 'confirmed') continue;
      if (found !== undefined) return undefined;
      found = dialog;
    }
    if (found !== undefined) this.touch(found);
    return found;
  }

  values(): Iterable<Dialog> {
    return this.#dialogs.values();
  }

  get size(): number {
    return this.#dialogs.size;
  }
}
