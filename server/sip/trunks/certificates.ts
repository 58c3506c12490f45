/**
 * Certificates of STIR signers: a folder holds the trusted authorities (`anchors/*.pem`) and the signers' chains
 * (`chains/<SHA-256 of the URL>.pem`). Nothing is fetched unless a fetcher is given; what it brings is kept.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import type { CertificatePort } from './attest.ts';

/** Brings what a URL holds; rejects when it cannot. */
export type Fetcher = (url: string, signal: AbortSignal) => Promise<string>;

export interface CertificateOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly fetcher?: Fetcher;
  /** How long a fetch may take; a call waits for it. */
  readonly timeoutMs?: number;
  /** How long what was fetched is good. */
  readonly keptMs?: number;
}

const dayMs = 86_400_000;
/** A URL that could not be fetched is not tried again for so long. */
const sulkMs = 60_000;

/** How many chains are kept on the disk, and how many are being fetched at a time: callers name them. */
const mostKept = 500;
const mostUnderWay = 16;

export class CertificateFolder implements CertificatePort {
  readonly #options: CertificateOptions;
  readonly #under = new Map<string, Promise<string | undefined>>();
  readonly #failed = new Map<string, number>();
  #anchors: { readonly at: number; readonly pems: readonly string[] } | undefined;

  constructor(options: CertificateOptions) {
    this.#options = options;
  }

  anchors(): readonly string[] {
    const now = this.#options.clock.now();
    if (this.#anchors === undefined || now - this.#anchors.at > sulkMs)
      this.#anchors = { at: now, pems: this.#readAnchors() };
    return this.#anchors.pems;
  }

  async chain(url: string): Promise<string | undefined> {
    const file = this.#fileOf(url);
    const kept = this.#read(file);
    const fresh = kept !== undefined && this.#isFresh(file);
    if (fresh || this.#options.fetcher === undefined) return kept;
    const under = this.#under.get(url) ?? this.#fetch(url, file);
    this.#under.set(url, under);
    const fetched = await under;
    this.#under.delete(url);
    return fetched ?? kept;
  }

  /** Where the chain of a URL is kept. */
  #fileOf(url: string): string {
    return join(this.#options.folder, 'chains', `${createHash('sha256').update(url).digest('hex')}.pem`);
  }

  async #fetch(url: string, file: string): Promise<string | undefined> {
    const { fetcher, clock, timeoutMs = 2000 } = this.#options;
    if (fetcher === undefined || clock.now() - (this.#failed.get(url) ?? -Infinity) < sulkMs) return undefined;
    if (this.#under.size >= mostUnderWay) return undefined;
    try {
      const text = await fetcher(url, AbortSignal.timeout(timeoutMs));
      if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('no certificate');
      this.#keep(file, text);
      return text;
    } catch {
      // A hostile header may name any number of URLs.
      if (this.#failed.size > 1000) this.#failed.clear();
      this.#failed.set(url, clock.now());
      return undefined;
    }
  }

  #keep(file: string, text: string): void {
    const folder = dirname(file);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    const kept = readdirSync(folder);
    if (kept.length <= mostKept) return;
    const byAge = kept.map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }));
    byAge.sort((one, other) => one.at - other.at);
    for (const { path } of byAge.slice(0, kept.length - mostKept)) rmSync(path, { force: true });
  }

  /** Without a fetcher the admin looks after the files. */
  #isFresh(file: string): boolean {
    const { fetcher, clock, keptMs = dayMs } = this.#options;
    return fetcher === undefined || clock.now() - statSync(file).mtimeMs < keptMs;
  }

  #readAnchors(): readonly string[] {
    const folder = join(this.#options.folder, 'anchors');
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.pem'))
        .flatMap((name) => this.#read(join(folder, name)) ?? []);
    } catch {
      return [];
    }
  }

  #read(file: string): string | undefined {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  }
}
