/** HEP version 3 (Homer Encapsulation Protocol, as HOMER's specification rev 36 has it): one datagram a message. */
import { isIPv6 } from 'node:net';
import { addressBytes } from '../../../base/ip-address.ts';
import type { Protocol } from '../transport/flow.ts';
import { callIdOf } from './ladder.ts';
import { bytesOf } from './wire.ts';
import type { WireMessage } from './wire.ts';

/** Who we are to the collector. */
export interface HepIdentity {
  /** Capture agent id. */
  readonly agent: number;
  /** Authenticate key; '' for none. */
  readonly password: string;
}

const chunk = {
  family: 1,
  transport: 2,
  source4: 3,
  destination4: 4,
  source6: 5,
  destination6: 6,
  sourcePort: 7,
  destinationPort: 8,
  seconds: 9,
  microseconds: 10,
  payloadType: 11,
  agent: 12,
  key: 14,
  payload: 15,
  correlation: 17,
} as const;

/** IP protocol numbers: WebSockets and TLS are TCP to a collector. */
function ipProtocol(protocol: Protocol): number {
  return protocol === 'udp' ? 17 : 6;
}

/** What UDP carries over IPv4; a message that does not fit is cut, as nothing else can be done. */
const longestDatagram = 65_507;
/** A peer may write tens of kilobytes into its Call-ID. */
const longestCorrelation = 256;

function piece(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(6 + value.length, 4);
  return Buffer.concat([head, value]);
}

function number(type: number, value: number, size: 1 | 2 | 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return piece(type, bytes);
}

/** The datagram for a collector. */
export function hepPacket(message: WireMessage, identity: HepIdentity): Buffer {
  const { ends, direction, at } = message;
  const [from, to] = direction === 'in' ? [ends.remote, ends.local] : [ends.local, ends.remote];
  const v6 = isIPv6(ends.remote.host);
  const micros = Math.round(at * 1000);
  const callId = callIdOf(message);
  const chunks = [
    number(chunk.family, v6 ? 10 : 2, 1),
    number(chunk.transport, ipProtocol(ends.protocol), 1),
    piece(v6 ? chunk.source6 : chunk.source4, addressBytes(from.host)),
    piece(v6 ? chunk.destination6 : chunk.destination4, addressBytes(to.host)),
    number(chunk.sourcePort, from.port, 2),
    number(chunk.destinationPort, to.port, 2),
    number(chunk.seconds, Math.floor(micros / 1_000_000), 4),
    number(chunk.microseconds, micros % 1_000_000, 4),
    number(chunk.payloadType, 1, 1),
    number(chunk.agent, identity.agent, 4),
    ...(identity.password === '' ? [] : [piece(chunk.key, Buffer.from(identity.password))]),
    ...(callId === '' ? [] : [piece(chunk.correlation, Buffer.from(callId).subarray(0, longestCorrelation))]),
  ];
  // Before the message: the head of the packet and that of the last chunk.
  const before = 6 + 6 + chunks.reduce((sum, each) => sum + each.length, 0);
  const payload = bytesOf(message).subarray(0, longestDatagram - before);
  const head = Buffer.from('HEP3\0\0', 'latin1');
  head.writeUInt16BE(before + payload.length, 4);
  return Buffer.concat([head, ...chunks, piece(chunk.payload, payload)]);
}
