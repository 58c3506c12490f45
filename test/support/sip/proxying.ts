import type { App, SrfProxied, SrfRequest } from './srf.ts';
import type { RawMessage } from './raw-message.ts';
import type { RawPeer } from './raw-peer.ts';
import { testSdp } from './raw-peer.ts';
import type { Bench } from './target.ts';

/** srf's option for Record-Route. */
export const record = { remainInDialog: true };

/** The URI in brackets of a Contact, Route or Record-Route. */
export function uriOf(value: string): string {
  return /<([^>]+)>/.exec(value)?.[1] ?? value;
}

/** Record-Route values, one a piece. */
export function routesOf(message: RawMessage): string[] {
  return message.headers('Record-Route').flatMap((value) => value.split(',').map((part) => part.trim()));
}

/** Route lines for who called, made of the answer to its INVITE. */
export function callerRoutes(answer: RawMessage): string[] {
  return routesOf(answer)
    .reverse()
    .map((value) => `Route: ${value}`);
}

/** What the called one says of the dialog an INVITE began: its route set is in the order of the INVITE. */
export function fromCallee(invite: RawMessage, tag: string): Parameters<RawPeer['send']>[2] & object {
  return {
    uri: uriOf(invite.header('Contact')),
    callId: invite.header('Call-ID'),
    from: `${invite.header('To')};tag=${tag}`,
    to: invite.header('From'),
    headers: routesOf(invite).map((value) => `Route: ${value}`),
  };
}

/** An app that proxies. */
export interface Proxying {
  readonly app: App;
  /** What srf makes of the first request it proxied. */
  readonly result: Promise<SrfProxied>;
  /** Every request it was given. */
  readonly requests: SrfRequest[];
}

/** Connects an app that proxies every request of these methods (as srf names them). */
export async function proxyingApp(
  bench: Bench,
  to: (request: SrfRequest) => string | string[],
  options: object = {},
  methods: readonly ('invite' | 'register' | 'message' | 'options' | 'subscribe')[] = ['invite'],
): Promise<Proxying> {
  const requests: SrfRequest[] = [];
  let tell: (result: Promise<SrfProxied>) => void = () => {};
  const result = new Promise<SrfProxied>((resolve) => (tell = resolve));
  const app = await bench.app({
    prepare: (srf) => {
      for (const method of methods) {
        srf[method]((request) => {
          requests.push(request);
          const proxied = srf.proxyRequest(request, to(request), { ...options });
          proxied.catch(() => {});
          tell(proxied);
        });
      }
    },
  });
  return { app, result, requests };
}

/** A call from `caller` to `callee` through an app that proxies with Record-Route, up to the ACK. */
export async function establish(
  caller: RawPeer,
  callee: RawPeer,
  port: number,
): Promise<{ readonly invite: RawMessage; readonly got: RawMessage; readonly ok: RawMessage }> {
  const invite = caller.send('INVITE', port, { body: testSdp });
  const got = await callee.request('INVITE');
  callee.answer(got, '200 OK', { tag: 'w', body: testSdp });
  const ok = await caller.response(200, 'INVITE');
  caller.inDialog('ACK', port, invite, ok, { headers: callerRoutes(ok) });
  await callee.request('ACK');
  return { invite, got, ok };
}
