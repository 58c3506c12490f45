/** Times for people, in the time zone of the terminal. Pure but for that zone. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-22 09:05:07` */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const day = `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `0:07`, `12:05`, `1:02:03`; a dash if there is none. */
export function lasting(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${String(m)}:${two(s)}`;
}

/** The last midnight, milliseconds. */
export function midnightBefore(ms: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
