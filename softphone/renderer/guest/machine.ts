/** The page of a caller: choose, call, talk. One call at a time. Pure. */
import { assertNever } from '../../../base/assert-never.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import type { WebRoute } from '../../../protocol/web-call.ts';
import type { Media } from '../phone/machine.ts';

/** What the caller wants. */
export interface WantedCall {
  readonly route: string;
  readonly name: string;
  /** With a picture, if the route lets them. */
  readonly video: boolean;
}

/** What became of the call before this moment. */
export type LastEnd =
  { readonly type: 'over'; readonly by: 'own' | 'peer' } | { readonly type: 'failed'; readonly problem: Problem };

export type GuestState =
  /** `problem`: why the last try to find out what can be called failed; it is asked again on demand. */
  | { readonly type: 'loading'; readonly problem?: Problem }
  | { readonly type: 'ready'; readonly routes: readonly WebRoute[]; readonly attempt: number; readonly last?: LastEnd }
  /** The microphone, a pass, the INVITE. */
  | (Going & { readonly type: 'calling' })
  | (Going & {
      readonly type: 'talking';
      readonly since: number;
      readonly muted: boolean;
      readonly media: Media;
      /** There is no room for pictures on the network just now. */
      readonly picturesPaused: boolean;
      /** Keys pressed so far. */
      readonly keys: string;
    });

interface Going {
  readonly routes: readonly WebRoute[];
  /** Names this call: what is told of an earlier one is ignored. */
  readonly attempt: number;
  readonly wanted: WantedCall;
}

export type GuestEvent =
  | { readonly type: 'load-asked' }
  /** `missing`: the address of the page names something that is not offered. */
  | { readonly type: 'routes-known'; readonly routes: readonly WebRoute[]; readonly missing?: Problem }
  | { readonly type: 'routes-failed'; readonly problem: Problem }
  | { readonly type: 'call-asked'; readonly wanted: WantedCall }
  | { readonly type: 'hang-up-asked' }
  | { readonly type: 'mute-asked' }
  | { readonly type: 'key-pressed'; readonly key: string }
  | { readonly type: 'established'; readonly attempt: number; readonly at: number }
  | { readonly type: 'media-changed'; readonly attempt: number; readonly media: Media }
  | { readonly type: 'pictures-told'; readonly attempt: number; readonly paused: boolean }
  | { readonly type: 'failed'; readonly attempt: number; readonly problem: Problem }
  | { readonly type: 'ended'; readonly attempt: number };

export type GuestEffect =
  | { readonly type: 'load' }
  | { readonly type: 'call'; readonly attempt: number; readonly wanted: WantedCall }
  /** CANCEL or BYE: whatever ends it now. */
  | { readonly type: 'end' }
  | { readonly type: 'set-muted'; readonly muted: boolean }
  | { readonly type: 'send-key'; readonly key: string };

export interface GuestStep {
  readonly state: GuestState;
  readonly effects: readonly GuestEffect[];
}

export const initialGuest: GuestState = { type: 'loading' };

/** What the page does next. Total: what does not fit is ignored. */
export function guestTransition(state: GuestState, event: GuestEvent): GuestStep {
  switch (event.type) {
    case 'load-asked':
      return state.type === 'loading' ? { state: { type: 'loading' }, effects: [{ type: 'load' }] } : same(state);
    case 'routes-known':
      return state.type === 'loading' ? to(ready(event.routes, event.missing)) : same(state);
    case 'routes-failed':
      return state.type === 'loading' ? to({ type: 'loading', problem: event.problem }) : same(state);
    case 'call-asked':
      return call(state, event.wanted);
    case 'hang-up-asked':
      return hangUp(state);
    case 'mute-asked': {
      if (state.type !== 'talking') return same(state);
      const muted = !state.muted;
      return to({ ...state, muted }, { type: 'set-muted', muted });
    }
    case 'key-pressed':
      if (state.type !== 'talking' || !/^[0-9*#]$/.test(event.key)) return same(state);
      return to({ ...state, keys: (state.keys + event.key).slice(-20) }, { type: 'send-key', key: event.key });
    case 'established':
    case 'media-changed':
    case 'pictures-told':
    case 'failed':
    case 'ended':
      return told(state, event);
    default:
      return assertNever(event);
  }
}

type Told = Extract<GuestEvent, { readonly attempt: number }>;

/** What the call itself says. */
function told(state: GuestState, event: Told): GuestStep {
  if ((state.type !== 'calling' && state.type !== 'talking') || state.attempt !== event.attempt) return same(state);
  switch (event.type) {
    case 'established': {
      if (state.type === 'talking') return same(state);
      const { routes, attempt, wanted } = state;
      const talking = { since: event.at, muted: false, media: 'connecting', keys: '', picturesPaused: false } as const;
      return to({ type: 'talking', routes, attempt, wanted, ...talking });
    }
    case 'media-changed':
      return state.type === 'talking' ? to({ ...state, media: event.media }) : same(state);
    case 'pictures-told':
      return state.type === 'talking' ? to({ ...state, picturesPaused: event.paused }) : same(state);
    case 'failed':
      return to(over(state, { type: 'failed', problem: event.problem }));
    case 'ended':
      return to(over(state, { type: 'over', by: 'peer' }));
    default:
      return assertNever(event);
  }
}

function ready(routes: readonly WebRoute[], missing: Problem | undefined): GuestState {
  return { type: 'ready', routes, attempt: 0, ...(missing && { last: { type: 'failed', problem: missing } }) };
}

function same(state: GuestState): GuestStep {
  return { state, effects: [] };
}

function to(state: GuestState, ...effects: readonly GuestEffect[]): GuestStep {
  return { state, effects };
}

function call(state: GuestState, wanted: WantedCall): GuestStep {
  if (state.type !== 'ready' || !state.routes.some(({ id }) => id === wanted.route)) return same(state);
  const { routes } = state;
  const attempt = state.attempt + 1;
  return to({ type: 'calling', routes, attempt, wanted }, { type: 'call', attempt, wanted });
}

function hangUp(state: GuestState): GuestStep {
  if (state.type !== 'calling' && state.type !== 'talking') return same(state);
  return to(over(state, { type: 'over', by: 'own' }), { type: 'end' });
}

function over({ routes, attempt }: Going, last: LastEnd): GuestState {
  return { type: 'ready', routes, attempt, last };
}
