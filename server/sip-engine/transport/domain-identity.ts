import { isIP } from 'node:net';

/** The parts of a peer's certificate that say whom it is for, as node gives them. */
export interface CertificateNames {
  /** `DNS:a.example, URI:sip:example.com, IP Address:192.0.2.1`; values with odd characters are JSON strings. */
  readonly subjectaltname?: string | undefined;
  readonly subject?: { readonly CN?: string | string[] | undefined } | undefined;
}

interface AlternativeName {
  readonly kind: string;
  readonly value: string;
}

/** One `kind:value` of the list and what follows it. A quoted value may hold commas. */
function takeName(text: string): { readonly name: AlternativeName; readonly rest: string } | undefined {
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  const kind = text.slice(0, colon);
  const after = text.slice(colon + 1);
  let end = after.startsWith('"') ? 1 : after.indexOf(', ');
  if (after.startsWith('"')) {
    while (end < after.length && after[end] !== '"') end += after[end] === '\\' ? 2 : 1;
    end++;
  } else if (end < 0) end = after.length;
  const written = after.slice(0, end);
  return { name: { kind, value: written.startsWith('"') ? unquoted(written) : written }, rest: after.slice(end + 2) };
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return '';
  }
}

function alternativeNames(text: string): AlternativeName[] {
  const names: AlternativeName[] = [];
  for (let taken = takeName(text); taken !== undefined; taken = takeName(taken.rest)) names.push(taken.name);
  return names;
}

/** The host of a `sip:` URI without user part; others are no domain identity (RFC 5922 section 7.1). */
function sipDomain(uri: string): string | undefined {
  if (!uri.toLowerCase().startsWith('sip:') || uri.includes('@')) return undefined;
  return uri.slice(4).split(/[;?]/)[0]?.toLowerCase();
}

/** The domains a certificate speaks for, RFC 5922 section 7.1: its sip URIs, else its DNS names, else its common name. */
export function domainIdentities(certificate: CertificateNames): readonly string[] {
  const names = alternativeNames(certificate.subjectaltname ?? '');
  const uris = names.flatMap(({ kind, value }) => (kind === 'URI' ? (sipDomain(value) ?? []) : []));
  if (uris.length > 0) return uris;
  if (names.length > 0) return names.flatMap(({ kind, value }) => (kind === 'DNS' ? value.toLowerCase() : []));
  const common = certificate.subject?.CN;
  return common === undefined ? [] : [common].flat().map((name) => name.toLowerCase());
}

function sameAddress(one: string, other: string): boolean {
  if (isIP(one) !== isIP(other)) return false;
  return isIP(one) === 6 ? new URL(`sip://[${one}]`).host === new URL(`sip://[${other}]`).host : one === other;
}

/**
 * Whether a certificate is for `domain`, the one that was asked for before DNS said where it is (RFC 5922 section 7.2);
 * undefined when it is, else the reason. Names are compared whole: a `*` stands for nothing unless `wildcards` lets it
 * stand for the first label, which the RFC forbids and some carriers need. An IP address must be among the addresses.
 */
export function domainMismatch(domain: string, certificate: CertificateNames, wildcards = false): string | undefined {
  const wanted = domain.toLowerCase();
  if (isIP(wanted) !== 0) {
    const addresses = alternativeNames(certificate.subjectaltname ?? '').filter(({ kind }) => kind === 'IP Address');
    if (addresses.some(({ value }) => sameAddress(value, wanted))) return undefined;
    return `the certificate is not for the address ${wanted}`;
  }
  const identities = domainIdentities(certificate);
  const parent = wanted.slice(wanted.indexOf('.'));
  const fits = (identity: string): boolean => identity === wanted || (wildcards && identity === `*${parent}`);
  if (identities.some(fits)) return undefined;
  const found = identities.length === 0 ? 'nothing' : identities.join(', ');
  return `the certificate is not for ${wanted} but for ${found}`;
}
