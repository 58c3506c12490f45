import type { AudioLine, Description, NumberedCodec } from './description.ts';
import { reverse, type Direction } from './direction.ts';
import { codecs, payloadTypes, type Codec } from './payload-types.ts';
import { connectionLine, formatLines, formatNumbers, joinLines, refusedLine, sessionLines } from './write.ts';
import type { Formats, Origin } from './write.ts';

/** Where a SIP leg receives; RTCP comes to the port above (RFC 3550 section 11). */
export interface RtpPlace {
  readonly origin: Origin;
  readonly port: number;
}

function audioLines(protocol: string, port: number, formats: Formats, direction: Direction): string[] {
  return [`m=audio ${port} ${protocol} ${formatNumbers(formats)}`, ...formatLines(formats), `a=${direction}`];
}

/** An offer of both codecs, `preferred` first, to a SIP peer. */
export function sipOffer({ origin, port }: RtpPlace, preferred: Codec = 'PCMU'): string {
  const order = [preferred, ...codecs.filter((codec) => codec !== preferred)];
  const formats: Formats = {
    codecs: order.map((codec) => ({ codec, payloadType: payloadTypes[codec] })),
    telephoneEvent: payloadTypes.telephoneEvent,
  };
  return joinLines([
    ...sessionLines(origin),
    connectionLine(origin.address),
    't=0 0',
    ...audioLines('RTP/AVP', port, formats, 'sendrecv'),
  ]);
}

/** The answer to a SIP peer's offer: one codec and its own event number, all other m-lines refused in their places. */
export function sipAnswer(offer: Description, chosen: NumberedCodec, { origin, port }: RtpPlace): string {
  const { audio } = offer;
  const formats: Formats = { codecs: [chosen], telephoneEvent: audio.telephoneEvent };
  const lines = offer.lines.flatMap((line, index) =>
    index === audio.index ? audioLines(audio.protocol, port, formats, reverse(audio.direction)) : [refusedLine(line)],
  );
  return joinLines([...sessionLines(origin), connectionLine(origin.address), 't=0 0', ...lines]);
}

/** Where to send RTCP: the attribute of RFC 3605, else the port above RTP (which is none after the last). */
export function rtcpPortOf(audio: AudioLine): number | undefined {
  return audio.rtcpPort ?? (audio.port < 65_535 ? audio.port + 1 : undefined);
}
