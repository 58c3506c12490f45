/** The voice codecs an edge leg speaks. Both carry 8,000 one-byte samples a second (RFC 3551). */
export type Codec = 'PCMU' | 'PCMA';
export const codecs: readonly Codec[] = ['PCMU', 'PCMA'];

/**
 * The one payload-type table of every router and of every offer we make. mediasoup sends with the *router's* numbers,
 * so they must never differ from what our SDP says. Opus and G.722 are reserved: nobody else may take their numbers.
 */
export const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, telephoneEvent: 101, opus: 111 } as const;

/** Samples a second of both codecs and of every media clock in the edge. */
export const clockRate = 8000;
