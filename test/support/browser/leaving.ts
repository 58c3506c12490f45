/** Watching a page for something to go away, without missing it when it comes back at once. */
import type { Page } from 'playwright-core';
import { waited } from '../until.ts';

/** The little of a browser this file needs. */
interface Dom {
  readonly document: { querySelector(selector: string): unknown };
  readonly MutationObserver: new (look: () => void) => {
    observe(target: unknown, options: Readonly<Record<string, boolean>>): void;
    disconnect(): void;
  };
}

/**
 * Begins to look; resolves then, with the wait until no element matches `selector`. The page itself looks at every change
 * it makes: who asks it from time to time misses a state that comes and goes in between, as on a loaded machine.
 */
export async function leaving(page: Page, selector: string): Promise<() => Promise<void>> {
  const watch = await page.evaluateHandle((there) => {
    const { document, MutationObserver } = globalThis as unknown as Dom;
    const left = new Promise<void>((resolve) => {
      const look = (): void => {
        if (document.querySelector(there) !== null) return;
        observer.disconnect();
        resolve();
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true });
      look();
    });
    return { left };
  }, selector);
  return () => waited(watch.evaluate(({ left }) => left));
}
