/** What the page inside the shell may do. Pure, so that each refusal has a test. */

/** True if `address` belongs to the server: same scheme, host and port. */
export function isOurs(address: string, server: URL): boolean {
  return URL.canParse(address) && new URL(address).origin === server.origin;
}

/** What is asked for, as Electron tells it in its two permission handlers. */
export interface PermissionWish {
  readonly permission: string;
  readonly origin: string;
  /** What a `media` wish would capture; absent where Electron does not say. */
  readonly media?: readonly string[];
}

/** Microphone, camera and notifications, for our own page, and nothing else. */
export function mayUse(wish: PermissionWish, server: URL): boolean {
  if (!isOurs(wish.origin, server)) return false;
  if (wish.permission === 'notifications') return true;
  if (wish.permission !== 'media' || wish.media === undefined || wish.media.length === 0) return false;
  return wish.media.every((each) => each === 'audio' || each === 'video');
}

/** Scripts and connections of our server only; SIP may be on another port of the same host. */
export function contentSecurityPolicy(server: URL): string {
  const { hostname, origin } = server;
  return [
    "default-src 'none'",
    `script-src ${origin}`,
    `style-src ${origin} 'unsafe-inline'`,
    `img-src ${origin} data:`,
    `font-src ${origin} data:`,
    `connect-src ${origin} ws://${hostname}:* wss://${hostname}:*`,
    `media-src ${origin} blob: mediastream:`,
    "object-src 'none'",
    "base-uri 'none'",
    `form-action ${origin}`,
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The headers of an answer with our policy in place of the server's. */
export function withPolicy(
  headers: Readonly<Record<string, string[]>> | undefined,
  server: URL,
): Record<string, string[]> {
  const others = Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-security-policy');
  return { ...Object.fromEntries(others), 'Content-Security-Policy': [contentSecurityPolicy(server)] };
}

/** What the page said about a ring, or null when it stopped; undefined for anything else. */
export function ringFrom(value: unknown): { readonly who: string } | null | undefined {
  if (value === null) return null;
  if (typeof value !== 'object' || value === undefined || !('who' in value)) return undefined;
  return typeof value.who === 'string' ? { who: value.who.slice(0, 80) } : undefined;
}
