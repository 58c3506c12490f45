/**
 * STIR/SHAKEN: whether the Identity header of an INVITE (RFC 8224) holds a PASSporT (RFC 8225, RFC 8588) that attests this
 * call. What cannot be verified is never an attestation: absent, expired, forged and untrusted are told apart.
 */
import { X509Certificate } from 'node:crypto';
import { compactVerify } from 'jose';
import type { Attestation } from './facts.ts';
import { splitOutside } from './name-addrs.ts';
import { covers, tnAuthListOf } from './tn-auth-list.ts';

/** Where certificates come from. Neither may throw. */
export interface CertificatePort {
  /** The PEM chain behind an `x5u`, the signer's first; undefined when it is not to be had in time. */
  chain(url: string): Promise<string | undefined>;
  /** PEM of the authorities that are trusted. */
  anchors(): readonly string[];
}

/** The call that is to be attested; numbers in E.164 or as they came. */
export interface AttestedCall {
  /** Value of the Identity header; undefined when there is none. */
  readonly identity: string | undefined;
  readonly from: string;
  readonly to: string;
}

/** RFC 8224 section 6.2.1 leaves it to policy; a minute is what it recommends. */
const freshMs = 60_000;
/** A header of the size of a whole message is no Identity. */
const longest = 8192;

interface Identity {
  readonly token: string;
  readonly url: string;
}

/** Reads `token;info=<url>;alg=ES256;ppt=shaken`. Undefined when it is no full-form SHAKEN identity. */
export function parseIdentity(header: string): Identity | undefined {
  if (header.length > longest) return undefined;
  const [token = '', ...parameters] = splitOutside(header, ';');
  const named = new Map(
    parameters.map((text) => {
      const [name = '', ...value] = text.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim().replace(/^"|"$/g, '')];
    }),
  );
  const url = /^<?(https:\/\/[^>\s]+)>?$/i.exec(named.get('info') ?? '')?.[1];
  const suits = (named.get('alg') ?? 'ES256') === 'ES256' && (named.get('ppt') ?? 'shaken') === 'shaken';
  if (url === undefined || !suits || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  return { token, url };
}

/** RFC 8224 section 8.3: digits alone. */
const canonical = (number: string): string => number.replace(/[^0-9*#]/g, '');

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(bytes: Uint8Array | string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const numbersIn = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => (typeof one === 'string' ? [canonical(one)] : []));

interface Claims {
  readonly attest: string;
  readonly iatMs: number;
  readonly orig: readonly string[];
  readonly dest: readonly string[];
}

function claimsOf(payload: Uint8Array): Claims | undefined {
  const claims = parseJson(payload);
  const { attest, iat, orig, dest } = claims ?? {};
  if (typeof attest !== 'string' || typeof iat !== 'number' || !isRecord(orig) || !isRecord(dest)) return undefined;
  return { attest, iatMs: iat * 1000, orig: numbersIn(orig['tn']), dest: numbersIn(dest['tn']) };
}

function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.slice(0, 6).map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

function isCurrent(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

/** Whether each certificate was issued by the next and the last by an anchor, all of them current (RFC 5280 section 6, in part). */
function isTrusted(chain: readonly X509Certificate[], anchors: readonly X509Certificate[], now: number): boolean {
  if (!chain.every((certificate) => isCurrent(certificate, now))) return false;
  const issued = (certificate: X509Certificate, by: X509Certificate): boolean =>
    certificate.checkIssued(by) && certificate.verify(by.publicKey);
  for (const [at, certificate] of chain.entries()) {
    if (
      anchors.some(
        (anchor) =>
          isCurrent(anchor, now) &&
          (anchor.fingerprint256 === certificate.fingerprint256 || issued(certificate, anchor)),
      )
    )
      return true;
    const next = chain[at + 1];
    if (next === undefined || !next.ca || !issued(certificate, next)) return false;
  }
  return false;
}

function isEs256(certificate: X509Certificate): boolean {
  const { publicKey } = certificate;
  return publicKey.asymmetricKeyType === 'ec' && publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** The payload when the signature is good and the protected header names the same certificate. */
async function signedPayload(identity: Identity, signer: X509Certificate): Promise<Uint8Array | undefined> {
  try {
    const { payload, protectedHeader } = await compactVerify(identity.token, signer.publicKey, {
      algorithms: ['ES256'],
    });
    const { ppt, x5u } = protectedHeader;
    return ppt === 'shaken' && x5u === identity.url ? payload : undefined;
  } catch {
    return undefined;
  }
}

/** Judges a call. Never rejects. */
export async function attestationOf(
  call: AttestedCall,
  certificates: CertificatePort,
  now: number,
): Promise<Attestation> {
  if (call.identity === undefined || call.identity.trim() === '') return 'absent';
  const identity = parseIdentity(call.identity);
  if (identity === undefined) return 'forged';
  const chain = certificatesIn((await certificates.chain(identity.url)) ?? '');
  const [signer] = chain;
  if (signer === undefined || !isEs256(signer)) return 'untrusted';
  const anchors = certificates.anchors().flatMap(certificatesIn);
  if (!isTrusted(chain, anchors, now)) return 'untrusted';
  // RFC 8226 section 8: an authority says for whom its subscriber may sign; one that says nothing is for other purposes.
  const numbers = tnAuthListOf(signer.raw);
  if (numbers === undefined || !covers(numbers, canonical(call.from))) return 'untrusted';
  const payload = await signedPayload(identity, signer);
  const claims = payload === undefined ? undefined : claimsOf(payload);
  if (claims === undefined) return 'forged';
  if (!claims.orig.includes(canonical(call.from)) || !claims.dest.includes(canonical(call.to))) return 'forged';
  if (Math.abs(now - claims.iatMs) > freshMs) return 'expired';
  return claims.attest === 'A' || claims.attest === 'B' || claims.attest === 'C' ? claims.attest : 'forged';
}
