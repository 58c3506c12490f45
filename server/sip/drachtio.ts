/** The one place that knows drachtio-srf's insides: its client, and dialogs made again after a restart. */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { createRequire } from 'node:module';
import Srf from 'drachtio-srf';
import type { StoredDialog } from './ports.ts';
import { splitOutside } from './trunks/name-addrs.ts';
import type { Attempt } from './trunks/outgoing.ts';
import type { TestAnswer, TestInvite } from './trunks/probe.ts';
import type { TrunkAnswer, TrunkTransport } from './trunks/transport.ts';

export { Srf };
export type Dialog = Srf.Dialog & { readonly id: string };
export type Request = Srf.SrfRequest;
export type Response = Srf.SrfResponse;

/** What `createUAC` gives for an INVITE without SDP and with `noAck`: the far side's offer, and how to go on. */
export interface LateOffer {
  readonly sdp: string;
  /** ACK with our answer. */
  ack(sdp: string): Promise<Dialog>;
  /** ACK, then BYE. */
  destroy(): Promise<void>;
}

/** A `Dialog` has an `ack` of its own, but no `sdp`. */
export function isLateOffer(answered: unknown): answered is LateOffer {
  return typeof answered === 'object' && answered !== null && 'sdp' in answered && typeof answered.sdp === 'string';
}

/** The SDP of a message; '' when it has none, or something else. */
export function sdpOf(message: Response): string {
  const type = message.has('Content-Type') ? message.get('Content-Type') : 'application/sdp';
  return /^application\/sdp\b/i.test(type.trim()) ? message.body : '';
}

/** The address of a dialog of ours that was answered: where its 200 came from. */
export function answererOf(dialog: Dialog): string | undefined {
  const { res } = dialog as unknown as { readonly res?: object };
  return res === undefined ? undefined : sourceOf(res);
}

/** The address a message came from; undefined for what the engine made itself. */
export function sourceOf(message: object): string | undefined {
  const { source, source_address: address } = message as { readonly source?: string; readonly source_address?: string };
  return source === 'network' && address !== '' ? address : undefined;
}

/** Where a redirection points to, best first (RFC 3261 section 8.1.3.4); what srf rejects with carries the answer. */
export function contactsOf(err: object): string[] {
  const res = 'res' in err ? (err.res as Response | undefined) : undefined;
  if (res === undefined || res.status < 300 || res.status > 399 || !res.has('Contact')) return [];
  const preference = (q: unknown): number => (q === undefined ? 1 : Number(q) || 0);
  return [...res.getParsedHeader('Contact')]
    .sort((a, b) => preference(b.params?.['q']) - preference(a.params?.['q']))
    .map(({ uri }) => uri);
}

/** The parts of srf that its types leave out. */
interface Agent {
  _getDefaultSocket(): Socket | undefined;
  request(options: object, callback: (err: unknown) => void): void;
}
interface Inside {
  readonly app: { readonly client?: Agent & { on(event: string, listener: (...args: unknown[]) => void): void } };
  addDialog(dialog: Dialog): void;
  removeDialog(dialog: Dialog): void;
  disconnect(): void;
}
type DialogClass = new (srf: Srf, type: 'uas' | 'uac', parts: unknown) => Dialog;

// srf exports no Dialog; ARCHITECTURE section 9 tells how one is made again from what toJSON() gave.
const DialogConstructor: DialogClass = createRequire(import.meta.url)('drachtio-srf/lib/dialog') as DialogClass;

function inside(srf: Srf): Inside {
  return srf as unknown as Inside;
}

/** Connection options with the longest wait between two attempts, ms: srf waits longer and longer otherwise, and its types know nothing of it. */
export function withReconnect<T extends object>(options: T, longestMs: number): T {
  return { ...options, reconnect: { retryMaxDelay: longestMs } };
}

/** The client's events that srf does not pass on. Only after `connect()` was called. */
export function onClient(srf: Srf, event: string, listener: (...args: unknown[]) => void): void {
  inside(srf).app.client?.on(event, listener);
}

/** A dialog's requests go out on the connection there is now, not on the one it was made on. */
export function onLiveConnection(srf: Srf, dialog: Dialog): Dialog {
  Object.defineProperty(dialog, 'socket', {
    configurable: true,
    get: () => inside(srf).app.client?._getDefaultSocket(),
  });
  return dialog;
}

/** What of a dialog has to be kept. */
export function storedDialog(dialog: Dialog): StoredDialog {
  const { id, type, sip } = dialog;
  const local: { uri: string; sdp: string; contact?: string } = dialog.local;
  const routes = keptRoutes.get(dialog) ?? routesOf(dialog);
  return {
    id,
    type,
    sip: { callId: sip.callId, localTag: sip.localTag, remoteTag: sip.remoteTag },
    local: { uri: local.uri, sdp: local.sdp, contact: local.contact },
    remote: { uri: dialog.remote.uri, sdp: dialog.remote.sdp },
    ...(routes.length === 0 ? {} : { routes }),
  };
}

/** Those of dialogs that were made again: there is no message to read them in. */
const keptRoutes = new WeakMap<Dialog, readonly string[]>();

/** The route set, from Record-Route of the peer's message (RFC 3261 sections 12.1.1 and 12.1.2). */
function routesOf(dialog: Dialog): readonly string[] {
  const { req, res } = dialog as unknown as { readonly req: Response; readonly res: Response };
  const recorded = linesOf(dialog.type === 'uas' ? req : res, 'Record-Route').flatMap((line) =>
    splitOutside(line, ','),
  );
  const routes = recorded.map((route) => route.trim());
  return dialog.type === 'uas' ? routes : routes.reverse();
}

/** Makes a dialog again. Call it after `connect()` was called and before the connection is up, so that no request is missed. */
export function restoreDialog(srf: Srf, stored: StoredDialog): Dialog {
  const { id, type, sip, local, remote } = stored;
  const [fromTag, toTag] = type === 'uas' ? [sip.remoteTag, sip.localTag] : [sip.localTag, sip.remoteTag];
  const header = (contact: string) => (name: string) => {
    if (name.toLowerCase() === 'from') return { params: { tag: fromTag } };
    return name.toLowerCase() === 'to' ? { params: { tag: toTag } } : [{ uri: contact }];
  };
  const message = (contact: string, body: string) => ({
    method: 'INVITE',
    uri: local.uri,
    body,
    agent: inside(srf).app.client,
    stackDialogId: id,
    get: (name: string) => (name.toLowerCase() === 'call-id' ? sip.callId : (local.contact ?? `<${local.uri}>`)),
    getParsedHeader: header(contact),
  });
  const theirs = message(remote.uri, remote.sdp);
  const ours = message(local.uri, local.sdp);
  const parts = type === 'uas' ? { req: theirs, res: ours, sent: ours } : { req: ours, res: theirs, sent: ours };
  const dialog = onLiveConnection(srf, new DialogConstructor(srf, type, parts));
  keptRoutes.set(dialog, stored.routes ?? []);
  inside(srf).addDialog(dialog);
  return dialog;
}

export function forgetDialog(srf: Srf, dialog: Dialog): void {
  inside(srf).removeDialog(dialog);
}

/**
 * Several header lines of one name. srf joins arrays by commas, which RFC 3261 section 7.3.1 forbids for challenges; the
 * text it is given goes to the engine as it is.
 */
export function severalLines(name: string, values: readonly string[]): Record<string, string> {
  return values.length === 0 ? {} : { [name]: values.join(`\r\n${name}: `) };
}

/** Cancels an INVITE with headers of ours (srf's types know of none). `failed` hears when it came too late. */
export function cancelRequest(
  request: Request,
  headers: Readonly<Record<string, string>>,
  failed: (err: unknown) => void,
): void {
  const cancel = request.cancel as unknown as (options: object, done: (err: unknown) => void) => void;
  cancel.call(request, { headers: { ...headers } }, (err) => {
    if (err !== null && err !== undefined) failed(err);
  });
}

/** A request outside any `Dialog` of srf: `stackDialogId` names a dialog the engine holds. */
export interface BareRequest {
  readonly method: string;
  readonly uri?: string;
  /** The next hop, where that is not what `uri` says. */
  readonly proxy?: string;
  readonly stackDialogId?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends it; its answer is not waited for. `failed` hears why it could not be sent. */
export function requestOn(srf: Srf, request: BareRequest, failed: (err: unknown) => void): void {
  inside(srf).app.client?.request({ ...request }, (err) => {
    if (err !== null && err !== undefined) failed(err);
  });
}

/** Where a request outside a dialog goes: `proxy` is the next hop where that is not what `uri` says. */
export interface Way {
  readonly uri: string;
  readonly proxy?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends OPTIONS; resolves with the status of its answer, 0 when it could not be sent. */
export function askOptions(srf: Srf, way: Way): Promise<number> {
  return new Promise((resolve) => {
    const { uri, proxy, headers } = way;
    const options = { uri, method: 'OPTIONS', headers: { ...headers }, ...(proxy === undefined ? {} : { proxy }) };
    const asked = (err: unknown, req?: Request): void => {
      if (err !== null && err !== undefined) return resolve(0);
      // srf's types know of no `response`.
      const answered = (req as unknown as EventEmitter | undefined)?.once('response', (res: Response) =>
        resolve(res.status),
      );
      if (answered === undefined) resolve(0);
    };
    const { client } = inside(srf).app;
    if (client === undefined) return resolve(0);
    // srf fails assertions of its own, and nobody would hear of it here but the process, which would end.
    try {
      client.request(options, asked);
    } catch {
      resolve(0);
    }
  });
}

/** All lines of a header as they stand in the message: srf joins them, which a challenge does not survive. */
function linesOf(res: Response, name: string): readonly string[] {
  const { raw } = res as unknown as { readonly raw?: string };
  const head = (raw ?? '').split('\r\n\r\n')[0] ?? '';
  const wanted = `${name.toLowerCase()}:`;
  return head
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
    .filter((line) => line.toLowerCase().replace(/\s*:/, ':').startsWith(wanted))
    .map((line) => line.slice(line.indexOf(':') + 1).trim());
}

/** An answer without srf. What the engine made itself came from nowhere. */
function answerOf(res: Response): TrunkAnswer {
  return {
    status: res.status,
    reason: res.reason,
    source: sourceOf(res) ?? '',
    headers: (name) => linesOf(res, name),
  };
}

const unsent: TrunkAnswer = { status: 503, reason: 'not sent', source: '', headers: () => [] };

/** Requests of trunks go over srf's client. */
export function trunkTransport(srf: Srf): TrunkTransport {
  return {
    request: (options) =>
      new Promise((resolve) => {
        const { client } = inside(srf).app;
        const sent = (err: unknown, req?: Request): void => {
          if ((err !== null && err !== undefined) || req === undefined) return resolve(unsent);
          // srf's types know of no `response` event.
          (req as unknown as EventEmitter).on('response', (res: Response) => {
            if (res.status >= 200) resolve(answerOf(res));
          });
        };
        if (client === undefined || !hasConnection(srf)) return resolve(unsent);
        try {
          client.request({ ...options, headers: { ...options.headers } }, sent);
        } catch {
          resolve(unsent);
        }
      }),
  };
}

/** What a failed INVITE was answered with; null when nobody answered. */
export function answerIn(err: unknown): TrunkAnswer | null {
  const res = err instanceof Error && 'res' in err ? (err.res as Response | undefined) : undefined;
  return res === undefined ? null : answerOf(res);
}

/** What is needed to send an INVITE once more with an answer to its challenge. */
export function sentOf(req: Request): { readonly callId: string; readonly cseq: number; readonly from: string } {
  return { callId: req.get('Call-ID'), cseq: Number.parseInt(req.get('CSeq'), 10), from: req.get('From') };
}

/** A test call: an INVITE whose dialog nobody but the test knows. */
export function testInvite(srf: Srf, attempt: Attempt, progress: (status: number, sdp: string) => void): TestInvite {
  const seen: { request?: Request; dialog?: Dialog; progressed: boolean; closed: boolean; giveUp?: NodeJS.Timeout } = {
    progressed: false,
    closed: false,
  };
  const close = (): void => {
    clearTimeout(seen.giveUp);
    seen.closed = true;
    if (!hasConnection(srf)) return;
    if (seen.dialog === undefined) seen.request?.cancel(() => undefined);
    else (seen.dialog.destroy as () => Promise<unknown>).call(seen.dialog).catch(() => undefined);
  };
  const failureOf = (status: number, err: unknown) => {
    const sent = seen.request === undefined ? null : sentOf(seen.request);
    return { status, progressed: seen.progressed, answer: answerIn(err), sent };
  };
  const ended = new Promise<TestAnswer>((resolve) => {
    const silent = (): void => {
      close();
      const failure = { ...failureOf(408, undefined), progressed: seen.progressed };
      resolve({ status: 408, reason: 'no answer', sdp: '', sessionInSeconds: null, failure });
    };
    seen.giveUp = setTimeout(silent, attempt.answerWithinMs);
    const { uri, proxy, sdp, headers, auth } = attempt;
    const way = proxy === undefined ? {} : { proxy };
    const progressOf = {
      cbRequest: (first: unknown, second?: unknown) => {
        const request = (second ?? first) as Request | undefined;
        if (typeof request?.cancel === 'function') seen.request = request;
      },
      cbProvisional: (res: Response) => {
        if (res.status < 180) return;
        seen.progressed = true;
        progress(res.status, sdpOf(res));
      },
    };
    srf.createUAC(uri, { localSdp: sdp ?? '', headers: { ...headers }, ...way }, progressOf).then(
      (answered) => {
        clearTimeout(seen.giveUp);
        const dialog = answered as Dialog;
        seen.dialog = dialog;
        if (auth !== undefined) authenticate(dialog, auth);
        const { res } = dialog as unknown as { readonly res: Response };
        const session = Number.parseInt(linesOf(res, 'Session-Expires')[0] ?? '', 10);
        const sessionInSeconds = Number.isNaN(session) ? null : session;
        const failure = failureOf(200, undefined);
        if (seen.closed) return close();
        resolve({ status: res.status, reason: res.reason, sdp: dialog.remote.sdp, sessionInSeconds, failure });
      },
      (err: unknown) => {
        clearTimeout(seen.giveUp);
        const { status = 503, reason = '' } = err as { status?: number; reason?: string };
        resolve({ status, reason, sdp: '', sessionInSeconds: null, failure: failureOf(status, err) });
      },
    );
  });
  return { ended, close };
}

/** Challenges inside the dialog are answered by srf with these. */
export function authenticate(dialog: Dialog, auth: { readonly username: string; readonly password: string }): void {
  Object.assign(dialog, { auth });
}

/** The same session once more; challenges are answered by srf. */
export function refreshSession(dialog: Dialog, method: 'INVITE' | 'UPDATE'): Promise<unknown> {
  const { request } = dialog as unknown as { request(options: object): Promise<unknown> };
  // `modify` is not for this: srf never frees its place after a failure.
  const body = method === 'UPDATE' ? {} : { body: dialog.local.sdp, headers: { 'Content-Type': 'application/sdp' } };
  return request.call(dialog, { method, ...body });
}

/**
 * Sends a re-INVITE with this offer, or with what `headers` say that the body is; srf acknowledges the final answer and
 * answers challenges. `tell` gets every response, provisional ones too, and undefined if it cannot be sent.
 */
export function reinviteWith(
  dialog: Dialog,
  body: string,
  tell: (res: Response | undefined) => void,
  headers: Readonly<Record<string, string>> = { 'Content-Type': 'application/sdp' },
): void {
  const { request } = dialog as unknown as {
    request(options: object, tell: (err: unknown, res?: Response) => void): void;
  };
  request.call(dialog, { method: 'INVITE', body, headers: { ...headers } }, (err, res) =>
    tell(err == null ? res : undefined),
  );
}

/** True once a connection to the engine is there (and authenticated or about to be). */
export function hasConnection(srf: Srf): boolean {
  try {
    const socket = inside(srf).app.client?._getDefaultSocket();
    return socket !== undefined && !socket.destroyed;
  } catch {
    // Without any connection srf fails an assertion of its own.
    return false;
  }
}
