import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** Opens a connection to an app. A certificate is not checked: the control protocol authenticates by its secret. */
export function dial(place: { readonly host: string; readonly port: number; readonly secure: boolean }): Socket {
  const { host, port } = place;
  if (!place.secure) return connect({ host, port });
  return connectSecurely({ host, port, rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) });
}
