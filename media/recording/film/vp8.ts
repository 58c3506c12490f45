/** VP8 in RTP (RFC 7741 section 4) and the head of its key frames (RFC 6386 section 9.1). */

export interface Vp8Payload {
  /** It begins a frame. */
  readonly first: boolean;
  readonly data: Uint8Array;
}

/** What stands behind the payload descriptor; undefined where its lengths do not fit. */
export function readVp8(payload: Uint8Array): Vp8Payload | undefined {
  const head = payload[0] ?? 0;
  let at = 1;
  if ((head & 0x80) !== 0) {
    const has = payload[at++] ?? 0;
    if ((has & 0x80) !== 0) at += ((payload[at] ?? 0) & 0x80) === 0 ? 1 : 2;
    if ((has & 0x40) !== 0) at++;
    if ((has & 0x30) !== 0) at++;
  }
  if (at >= payload.length) return undefined;
  return { first: (head & 0x10) !== 0 && (head & 0x07) === 0, data: payload.subarray(at) };
}

/** The size of a key frame; undefined: it is none. */
export function vp8Size(frame: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const isKey = ((frame[0] ?? 1) & 1) === 0;
  if (!isKey || frame.length < 10 || frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return undefined;
  const number = (at: number): number => ((frame[at] ?? 0) | ((frame[at + 1] ?? 0) << 8)) & 0x3fff;
  return { width: number(6), height: number(8) };
}
