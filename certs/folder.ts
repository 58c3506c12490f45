/** The folder of the development certificates: `ca.pem`, `ca-key.pem`, `server.pem` (with chain), `server-key.pem`. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeAuthority, makeServerIdentity, type Identity } from './issue.ts';

/** Names and addresses every development certificate is good for. */
const loopbackHosts = ['localhost', '127.0.0.1', '::1'] as const;
const renewBeforeMs = 30 * 24 * 3600_000;

/** What `ensureCertificates` did, and where things are. */
export interface CertificateFolder {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** True when the authority is new: browsers have to be told of it (again). */
  readonly authorityIsNew: boolean;
}

function write(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}

function readIdentity(certificateFile: string, keyFile: string): Identity | undefined {
  try {
    return { certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } catch {
    return undefined;
  }
}

function isUsable(authority: Identity, now: number): boolean {
  return Date.parse(new X509Certificate(authority.certificate).validTo) - now > renewBeforeMs;
}

/** The names and addresses the present certificate is good for, so that a renewal is good for them too. */
function hostsOf(certificateFile: string): readonly string[] {
  try {
    const names = new X509Certificate(readFileSync(certificateFile)).subjectAltName ?? '';
    const hosts = names.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
    // OpenSSL spells ::1 out.
    return hosts.filter((host) => host !== '' && host !== '0:0:0:0:0:0:0:1');
  } catch {
    return [];
  }
}

/**
 * Makes the certificate for loopback and `hosts` in `folder` anew, keeping the hosts of the present one, and its authority only where there is
 * none that lasts. Keys are readable by the owner only. `now` in ms.
 */
export async function ensureCertificates(
  folder: string,
  hosts: readonly string[],
  now: number,
): Promise<CertificateFolder> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(folder, name);
  const kept = readIdentity(path('ca.pem'), path('ca-key.pem'));
  const authority =
    kept !== undefined && isUsable(kept, now)
      ? kept
      : await makeAuthority(`Jackfield development (${hostname()})`, now);
  if (authority !== kept) {
    write(path('ca-key.pem'), authority.key, 0o600);
    write(path('ca.pem'), authority.certificate, 0o644);
  }
  const server = await makeServerIdentity(
    authority,
    [...new Set([...hosts, ...loopbackHosts, ...hostsOf(path('server.pem'))])],
    now,
  );
  write(path('server-key.pem'), server.key, 0o600);
  write(path('server.pem'), server.certificate, 0o644);
  return {
    authority: path('ca.pem'),
    certificate: path('server.pem'),
    key: path('server-key.pem'),
    authorityIsNew: authority !== kept,
  };
}
