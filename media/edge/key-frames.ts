/** Requests for key frames in RTCP: PLI (RFC 4585 section 6.3.1) and FIR (RFC 5104 section 4.3.1). */

const payloadFeedback = 206;
const pli = 1;
const fir = 4;

function feedback(format: number, sender: number, media: number, more: Buffer = Buffer.alloc(0)): Buffer {
  const packet = Buffer.alloc(12);
  packet.writeUInt8(0x80 | format, 0);
  packet.writeUInt8(payloadFeedback, 1);
  packet.writeUInt16BE(2 + more.length / 4, 2);
  packet.writeUInt32BE(sender, 4);
  packet.writeUInt32BE(media, 8);
  return Buffer.concat([packet, more]);
}

/** "The picture is broken", to be put behind a report. */
export function writePli(sender: number, media: number): Buffer {
  return feedback(pli, sender, media);
}

/** "A whole picture, please". `count` grows by one with each new wish (RFC 5104 section 4.3.1.1). */
export function writeFir(sender: number, media: number, count: number): Buffer {
  const entry = Buffer.alloc(8);
  entry.writeUInt32BE(media, 0);
  entry.writeUInt8(count & 0xff, 4);
  return feedback(fir, sender, 0, entry);
}

/** How a key frame of this source is asked for in a compound packet; undefined if it is not. `count` is that of a FIR. Never throws. */
export function keyFrameRequestIn(
  packet: Buffer,
  ssrc: number,
): { readonly type: 'pli' } | { readonly type: 'fir'; readonly count: number } | undefined {
  for (let at = 0; at + 12 <= packet.length;) {
    const end = at + 4 * (packet.readUInt16BE(at + 2) + 1);
    if (packet.readUInt8(at) >> 6 !== 2 || end > packet.length) return undefined;
    if (packet.readUInt8(at + 1) === payloadFeedback && end - at >= 12) {
      const format = packet.readUInt8(at) & 0x1f;
      if (format === pli && packet.readUInt32BE(at + 8) === ssrc) return { type: 'pli' };
      for (let entry = at + 12; format === fir && entry + 8 <= end; entry += 8)
        if (packet.readUInt32BE(entry) === ssrc) return { type: 'fir', count: packet.readUInt8(entry + 4) };
    }
    at = end;
  }
  return undefined;
}
