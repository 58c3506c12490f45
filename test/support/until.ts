/** Waits of a test, and which of them still go on when it fails. */

const going = new Map<symbol, string>();

/** The lines of the test (and its helpers) that wait, the innermost first, as `file:line`. */
function placeOf(stack: string): string {
  const places = [...stack.matchAll(/([\w.-]+\.ts):(\d+):\d+/g)].map(([, file, line]) => `${file}:${line}`);
  return places.filter((place) => !/^until\.ts|node_modules/.test(place)).join(' < ');
}

/** Keeps this wait in mind until it is over: a test that ran out of time tells what it waited for by {@link waitsGoingOn}. */
export async function waited<T>(wait: Promise<T>): Promise<T> {
  const id = Symbol();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  going.set(id, placeOf(new Error().stack ?? ''));
  Error.stackTraceLimit = stackTraceLimit;
  try {
    return await wait;
  } finally {
    going.delete(id);
  }
}

/** Where somebody waits now. */
export function waitsGoingOn(): readonly string[] {
  return [...going.values()];
}

/** Looks again and again (every 50 ms) until `holds`; the test's own limit is the limit. */
export function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const looking = async (): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  return waited(looking());
}
