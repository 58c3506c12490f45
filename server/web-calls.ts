/** Calls from browsers: which routes take them, how many at a time, and the passes that let them in. */
import type { Clock } from '../base/clock.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { makeProblem, type Problem } from '../protocol/problems/index.ts';
import type { WebPass, WebPassRequest, WebRoute } from '../protocol/web-call.ts';
import type { CallState } from './calls/index.ts';
import { type Config, webSocketUrls } from './config.ts';
import type { Plan, Route } from './dialplan/index.ts';
import type { GuestPass, Refusal, SipSide } from './sip/index.ts';

export interface WebCallsOptions {
  readonly clock: Clock;
  readonly plan: () => Plan | undefined;
  readonly calls: () => readonly CallState[];
  readonly mint: (
    wanted: Omit<GuestPass, 'id'>,
    expiresAt: number,
  ) => { readonly username: string; readonly password: string; readonly expiresAt: number };
  /** Why no call can be taken now. */
  readonly trouble: () => Problem | undefined;
  readonly domain: string;
  readonly webSockets: { readonly plain: string; readonly secure: string };
  /** How long a pass is good, ms. */
  readonly passMs: number;
  /** So many of these calls at a time. */
  readonly most: number;
}

/** What connects them. */
export interface WebCallsParts {
  readonly clock: Clock;
  readonly plans: { readonly current: Plan | undefined };
  readonly calls: { all(): readonly CallState[] };
  readonly sip: Pick<SipSide, 'guests'>;
  readonly trouble: () => Problem | undefined;
}

/** Calls from browsers as the site is configured. */
export function makeWebCalls(config: Config, { clock, plans, calls, sip, trouble }: WebCallsParts): WebCalls {
  return new WebCalls({
    ...{ clock, trouble, domain: config.sip.domain, webSockets: webSocketUrls(config) },
    plan: () => plans.current,
    calls: () => calls.all(),
    mint: (wanted, expiresAt) => sip.guests.mint(wanted, expiresAt, clock.now()),
    passMs: config.webCalls.passInSeconds * 1000,
    most: config.webCalls.most,
  });
}

export class WebCalls {
  readonly #options: WebCallsOptions;

  constructor(options: WebCallsOptions) {
    this.#options = options;
  }

  /** What can be called from a browser, in the order of the files. */
  routes(): WebRoute[] {
    return [...(this.#options.plan()?.routes.values() ?? [])].flatMap(({ id, name, web, language }) =>
      web === null ? [] : [{ id, name, video: web === 'video', language }],
    );
  }

  /** A pass for one call. Its name is nobody's proof. */
  pass({ route: id, video = false, name }: WebPassRequest): Result<WebPass, Problem> {
    const { clock, domain, webSockets, passMs, mint, trouble } = this.#options;
    const unable = trouble();
    if (unable !== undefined) return fail(unable);
    const route = this.#open(id);
    if (route === undefined) return fail(makeProblem('web-no-route', { route: id }));
    if (this.#full()) return fail(makeProblem('web-busy'));
    const seen = video && route.web === 'video';
    const wanted = { route: id, video: seen, name: name ?? null };
    const { username, password, expiresAt } = mint(wanted, clock.now() + passMs);
    return ok({
      target: `sip:${id}@${domain}`,
      video: seen,
      sip: {
        ...{ aor: `sip:${username}@${domain}`, username, password, realm: domain, expiresAt },
        ...{ webSocketUrl: webSockets.plain, secureWebSocketUrl: webSockets.secure },
      },
    });
  }

  /** Why the call of a pass is not taken after all; null: it is. */
  refusal({ route }: GuestPass): Refusal | null {
    if (this.#open(route) === undefined) return { status: 404, reason: 'Not Found' };
    return this.#full() ? { status: 486, reason: 'Busy Here' } : null;
  }

  /** The number that counts as called: the first whole one of the route. */
  calledBy({ route }: GuestPass): string {
    const exact = this.#open(route)?.numbers.find((number) => number.type === 'exact');
    return exact?.number ?? route;
  }

  #open(id: string): Route | undefined {
    const route = this.#options.plan()?.routes.get(id);
    return route?.web === null ? undefined : route;
  }

  #full(): boolean {
    const { calls, most } = this.#options;
    return calls().filter(({ signals, end }) => signals?.web !== undefined && end === null).length >= most;
  }
}
