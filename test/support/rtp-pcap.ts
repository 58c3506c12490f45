/** A pcap file of RTP made from a caller's script, for tools that play captures (sipp's `play_pcap_audio`). */
import type { ScriptItem } from '../../cli/caller/index.ts';
import { writeRtp } from '../../cli/caller/rtp.ts';
import { Talker } from '../../cli/caller/talker.ts';

/** Ethernet, IPv4 and UDP headers; the player replaces addresses, ports and checksums. */
function framed(payload: Buffer): Buffer {
  const headers = Buffer.alloc(42);
  headers.writeUInt16BE(0x0800, 12);
  headers.writeUInt8(0x45, 14);
  headers.writeUInt16BE(28 + payload.length, 16);
  headers.writeUInt8(64, 22);
  headers.writeUInt8(17, 23);
  headers.writeUInt32BE(0x7f000001, 26);
  headers.writeUInt32BE(0x7f000001, 30);
  headers.writeUInt16BE(4000, 34);
  headers.writeUInt16BE(4000, 36);
  headers.writeUInt16BE(8 + payload.length, 38);
  return Buffer.concat([headers, payload]);
}

function record(at: number, packet: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(at / 1000), 0);
  header.writeUInt32LE((at % 1000) * 1000, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

function fileHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  return header;
}

/** The script as paced PCMU with telephone events, and how long it lasts in milliseconds. */
export function scriptToPcap(
  script: readonly ScriptItem[],
  eventPayloadType: number,
): { readonly pcap: Buffer; readonly ms: number } {
  const talker = new Talker(1000);
  const remote = {
    address: '',
    port: 0,
    codec: 'pcmu',
    payloadType: 0,
    eventPayloadType,
    direction: 'sendrecv',
  } as const;
  talker.append(script);
  const records = [fileHeader()];
  let sequence = 1;
  for (let ms = 0; ; ms += 20) {
    const { packets, marks } = talker.next(remote);
    for (const packet of packets) {
      const bytes = writeRtp({ ...packet, sequence: sequence++ & 0xffff, ssrc: 0x51bb });
      records.push(record(ms, framed(bytes)));
    }
    if (marks.some((mark) => mark.type === 'script-ended')) return { pcap: Buffer.concat(records), ms };
  }
}
