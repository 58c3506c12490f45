import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { systemClock } from '../../../base/clock.ts';
import type { Tongue } from '../i18n/index.ts';
import { tongueOf } from '../i18n/index.ts';
import type { Store } from '../store.ts';
import { Seconds } from './seconds.ts';

/** The present value of a store; the component renders again when it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

const seconds = new Seconds(systemClock);

/** The server's time, to the second. `offsetMs`: the server's clock minus ours. */
export function useNow(offsetMs: number): number {
  return useSyncExternalStore(seconds.subscribe, seconds.get) + offsetMs;
}

/** The language of the page. */
export function useTongue(): Tongue {
  const { i18n } = useTranslation();
  return tongueOf(i18n.language);
}

/** A length of time as `m:ss`, or `h:mm:ss` from an hour on. Never negative. */
export function clockText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${two(seconds % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
