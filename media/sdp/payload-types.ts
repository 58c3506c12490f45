/** The voice codecs a leg speaks (RFC 3551, RFC 7587). */
export type Codec = 'PCMU' | 'PCMA' | 'G722' | 'opus';
export const codecs: readonly Codec[] = ['PCMU', 'PCMA', 'G722', 'opus'];

/** The codecs in which no call needs anybody to decode: what is offered where nothing else is asked for. */
export const commonCodecs: readonly Codec[] = ['PCMU', 'PCMA'];

/**
 * The one payload-type table of every router and of every offer we make. mediasoup sends with the *router's* numbers,
 * so they must never differ from what our SDP says.
 */
export const payloadTypes = { PCMU: 0, PCMA: 8, G722: 9, telephoneEvent: 101, wideEvent: 102, opus: 111 } as const;

/** Samples a second of the media clock in the edge. */
export const clockRate = 8000;

/** How a codec stands in `a=rtpmap`. G.722 says 8000 by an old mistake that stays (RFC 3551 section 4.5.2). */
export const encodings: Readonly<
  Record<Codec, { readonly name: string; readonly rate: number; readonly channels?: number }>
> = {
  PCMU: { name: 'PCMU', rate: 8000 },
  PCMA: { name: 'PCMA', rate: 8000 },
  G722: { name: 'G722', rate: 8000 },
  opus: { name: 'opus', rate: 48_000, channels: 2 },
};

/** Ticks of a codec's RTP clock for each of the media clock. */
export function ticksOf(codec: Codec): number {
  return encodings[codec].rate / clockRate;
}
