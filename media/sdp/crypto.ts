import type { MediaDescription } from 'sdp-transform';

/** What we speak of RFC 4568 and RFC 7714, best first. */
export type CryptoSuite = 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80';
export const suites: readonly CryptoSuite[] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'];

/** Bytes of master key and salt together. */
const keyBytes = { AEAD_AES_128_GCM: 28, AES_CM_128_HMAC_SHA1_80: 30 } as const;

/** One `a=crypto` line: a key for what its writer sends (RFC 4568 section 4). */
export interface CryptoLine {
  readonly tag: number;
  readonly suite: CryptoSuite;
  readonly keyBase64: string;
}

/** Key and salt of `inline:KEY|lifetime`; a master key identifier or several keys are not ours (section 6.1). */
function keyOf(config: string, suite: CryptoSuite): string | undefined {
  const match = /^inline:([A-Za-z0-9+/]+={0,2})(\|[^|:;]+)?$/.exec(config);
  const key = match?.[1];
  if (key === undefined) return undefined;
  const bytes = Math.floor((key.replaceAll('=', '').length * 3) / 4);
  return bytes === keyBytes[suite] ? key : undefined;
}

/** The lines of an m-line that we can work with, in the writer's order. Session parameters change the packets: none but WSH. */
export function cryptoLines(line: MediaDescription): readonly CryptoLine[] {
  return (line.crypto ?? []).flatMap(({ id, suite: name, config, sessionConfig }) => {
    const suite = suites.find((each) => each === name);
    const plain = sessionConfig === undefined || /^(WSH=\d+\s*)*$/.test(sessionConfig);
    const keyBase64 = suite === undefined || !plain ? undefined : keyOf(config, suite);
    return suite === undefined || keyBase64 === undefined ? [] : [{ tag: Number(id), suite, keyBase64 }];
  });
}

/** The line to answer with, under the tag of the one that was chosen (section 5.1.2). */
export function cryptoText({ tag, suite, keyBase64 }: CryptoLine): string {
  return `a=crypto:${tag} ${suite} inline:${keyBase64}`;
}
