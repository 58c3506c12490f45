/** The order in which an offer names its codecs (RFC 3264 section 5.1: the first is preferred). Pure. */

/** Static payload types of RFC 3551. */
const payloadTypes: Readonly<Record<'PCMU' | 'PCMA', string>> = { PCMU: '0', PCMA: '8' };

/** The SDP with the codecs named first that a carrier wants first; nothing is added or taken away. */
export function preferring(sdp: string, codecs: readonly ('PCMU' | 'PCMA')[]): string {
  const wanted = codecs.map((codec) => payloadTypes[codec]);
  return sdp.replace(/^(m=audio \d+ [A-Z/]+ )([\d ]+)$/gm, (_line, head: string, list: string) => {
    const offered = list.trim().split(/\s+/);
    const first = wanted.filter((type) => offered.includes(type));
    return `${head}${[...first, ...offered.filter((type) => !first.includes(type))].join(' ')}`;
  });
}
