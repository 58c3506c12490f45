import { readFileSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Cancel, Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { EngineError } from '../errors.ts';

/** Files of the certificate and its key, PEM. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** How certificates of peers are judged. */
export interface TlsTrust {
  /** A file of authorities (PEM) trusted beside the well-known ones. */
  readonly ca?: string | undefined;
  /** False takes whatever a server shows; then nothing protects from someone in between. */
  readonly verify: boolean;
  /** Lets `*.example.com` stand for `sip.example.com`, against RFC 5922 section 7.2. */
  readonly wildcards: boolean;
  /** Refuses TLS connections whose client shows no certificate of the authorities in `ca`. WSS never asks. */
  readonly mutual: boolean;
}

export const defaultTrust: TlsTrust = { verify: true, wildcards: false, mutual: false };

/** What a TLS server is made with. */
export interface ServerPem {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: string[];
}

/** A server that takes a new certificate for connections to come. */
export interface ReplaceableServer {
  setSecureContext(options: ServerPem): void;
}

/** Files are written one after the other, so a change is looked at when it is quiet for so long. Milliseconds. */
const quiet = 200;

function readPem(file: string, what: string, options: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const advice = `make one with ./jackfield certs, or name another with ${options}`;
    throw new EngineError('certificate', `${what} ${file} cannot be read: ${advice}`, cause);
  }
}

/** The engine's certificate and the authorities it trusts: read at the start, read again when the files change. */
export class Certificates {
  readonly #files: CertificateFiles | undefined;
  readonly #trust: TlsTrust;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #servers = new Map<ReplaceableServer, 'sip' | 'web'>();
  readonly #watchers: FSWatcher[] = [];
  #pending: Cancel = () => {};
  #pem: ServerPem | undefined;
  #client: SecureContext | undefined;
  #authorities: string | undefined;

  /** Throws an EngineError when the files cannot be used. */
  constructor(files: CertificateFiles | undefined, trust: TlsTrust, clock: Clock, log: Logger) {
    this.#files = files;
    this.#trust = trust;
    this.#clock = clock;
    this.#log = log;
    this.#load();
  }

  /** What a server of `protocol` needs. Throws an EngineError when there is no certificate. */
  forServer(protocol: 'tls' | 'wss'): ServerPem {
    if (this.#pem === undefined) {
      throw new EngineError('certificate', `${protocol} needs a certificate: give --cert FILE and --key FILE`);
    }
    if (protocol !== 'tls' || !this.#trust.mutual) return this.#pem;
    // Well-known authorities sign for everybody: their certificates say that somebody has a name, not that we know them.
    if (this.#authorities === undefined)
      throw new EngineError('usage', '--tls-mutual wants --tls-ca FILE, the authorities of your own clients');
    return { ...this.#pem, ca: [this.#authorities] };
  }

  /** Gives `server` the new certificate whenever there is one. */
  keepFresh(server: ReplaceableServer, protocol: 'tls' | 'wss'): void {
    this.#servers.set(server, protocol === 'tls' ? 'sip' : 'web');
  }

  get trust(): TlsTrust {
    return this.#trust;
  }

  /** With what connections are made: our certificate, if there is one, and the authorities. */
  get client(): SecureContext {
    this.#client ??= createSecureContext({ ...this.#pem, ca: this.#trusted() });
    return this.#client;
  }

  /** Reads the files again; connections that stand are left alone. False (and a log line) when they cannot be used. */
  reload(): boolean {
    const before = { pem: this.#pem, authorities: this.#authorities };
    try {
      this.#load();
      if (same(before.pem, this.#pem) && before.authorities === this.#authorities) return true;
      for (const [server, kind] of this.#servers)
        server.setSecureContext(this.forServer(kind === 'sip' ? 'tls' : 'wss'));
      this.#client = undefined;
      this.#log.info({ certificate: this.#files?.certificate }, 'new TLS certificate in use');
      return true;
    } catch (err) {
      this.#pem = before.pem;
      this.#authorities = before.authorities;
      this.#log.warn({ err }, 'the changed TLS certificate cannot be used: the old one stays');
      return false;
    }
  }

  /** Reloads whenever something happens in the folders of the files. */
  watch(): void {
    const files = [this.#files?.certificate, this.#files?.key, this.#trust.ca].filter((file) => file !== undefined);
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      const watcher = watch(folder, { persistent: false }, () => {
        this.#pending();
        this.#pending = this.#clock.at(this.#clock.now() + quiet, () => this.reload());
      });
      watcher.on('error', (err) => this.#log.warn({ err, folder }, 'a certificate folder is no longer watched'));
      this.#watchers.push(watcher);
    }
  }

  close(): void {
    this.#pending();
    for (const watcher of this.#watchers) watcher.close();
  }

  #trusted(): string[] {
    return this.#authorities === undefined ? [...rootCertificates] : [...rootCertificates, this.#authorities];
  }

  #load(): void {
    const { ca } = this.#trust;
    this.#authorities = ca === undefined ? undefined : readPem(ca, 'authority file', '--tls-ca').toString();
    if (this.#files === undefined) return;
    const cert = readPem(this.#files.certificate, 'certificate', '--cert and --key');
    const key = readPem(this.#files.key, 'key', '--cert and --key');
    try {
      createSecureContext({ cert, key });
    } catch (cause) {
      const pair = `${this.#files.certificate} and ${this.#files.key}`;
      throw new EngineError('certificate', `${pair} are not a PEM pair: make them anew`, cause);
    }
    this.#pem = { cert, key };
  }
}

function same(one: ServerPem | undefined, other: ServerPem | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.cert.equals(other.cert) && one.key.equals(other.key);
}
