import { addressType } from './address.ts';
import { cryptoText, type CryptoLine } from './crypto.ts';
import { eventsBeside } from './description.ts';
import type { AudioLine, Description, NumberedCodec } from './description.ts';
import { reverse, type Direction } from './direction.ts';
import { iceMediaLines, iceSessionLines, type OwnIce } from './ice.ts';
import { commonCodecs, payloadTypes, type Codec } from './payload-types.ts';
import { connectionLine, formatLines, formatNumbers, joinLines, refusedLine, sessionLines } from './write.ts';
import type { Formats, Origin } from './write.ts';

/** Where a SIP leg receives; RTCP comes to the port above (RFC 3550 section 11). */
export interface RtpPlace {
  readonly origin: Origin;
  readonly port: number;
  /** Addresses of ours, that of `c=` first; absent: the origin's. */
  readonly homes?: readonly [string, ...string[]];
  /** What is said of ICE; absent: nothing. */
  readonly ice?: OwnIce | undefined;
}

function homesOf({ origin, homes = [origin.address] }: RtpPlace): readonly [string, ...string[]] {
  return homes;
}

function candidateLines(place: RtpPlace, mux: boolean): string[] {
  return iceMediaLines(place.ice, { addresses: homesOf(place), port: place.port, mux });
}

/** RFC 6947: the same port at an address of the other family, for who cannot reach the one of `c=`. */
function alternatives(place: RtpPlace): string[] {
  const homes = homesOf(place);
  if (homes.length === 1) return [];
  return homes.map((home, at) => `a=altc:${at + 1} ${addressType(home)} ${home} ${place.port}`);
}

function audioLines(protocol: string, port: number, formats: Formats, direction: Direction): string[] {
  return [`m=audio ${port} ${protocol} ${formatNumbers(formats)}`, ...formatLines(formats), `a=${direction}`];
}

/** RFC 5761 section 5.1.1: said only to a peer that asked. */
function sharedPort({ rtcpMux }: AudioLine): string[] {
  return rtcpMux ? ['a=rtcp-mux'] : [];
}

/** What stands in an offer of ours to a SIP peer. */
export interface OfferedAudio {
  /** What the call already speaks: named first where it is among the codecs. */
  readonly preferred?: Codec | undefined;
  readonly codecs?: readonly Codec[];
  /** RFC 4733 events. */
  readonly events?: boolean;
  /** Keys of ours, one for each suite. */
  readonly crypto?: readonly CryptoLine[];
  /** SRTP and nothing else; keys without it are an offer to encrypt (RFC 8643). */
  readonly secure?: boolean;
}

/** An offer to a SIP peer. */
export function sipOffer(place: RtpPlace, offered: OfferedAudio = {}): string {
  const { origin, port } = place;
  const { preferred, codecs = commonCodecs, events = true, crypto = [], secure = false } = offered;
  const order = [...codecs].sort((a, b) => Number(b === preferred) - Number(a === preferred));
  // What decrypts for us knows events at 8 kHz only.
  const wide = events && crypto.length === 0 && order.includes('opus');
  const formats: Formats = {
    codecs: order.map((codec) => ({ codec, payloadType: payloadTypes[codec] })),
    telephoneEvent: events ? payloadTypes.telephoneEvent : undefined,
    ...(wide ? { wideEvent: payloadTypes.wideEvent } : {}),
  };
  return joinLines([
    ...sessionLines(origin),
    connectionLine(homesOf(place)[0]),
    't=0 0',
    ...iceSessionLines(place.ice),
    ...audioLines(secure ? 'RTP/SAVP' : 'RTP/AVP', port, formats, 'sendrecv'),
    ...crypto.map(cryptoText),
    ...alternatives(place),
    ...candidateLines(place, false),
  ]);
}

/** One codec, and the events that go with its clock. */
export function answered(audio: AudioLine, chosen: NumberedCodec): Formats {
  const events = eventsBeside(audio, chosen.codec);
  const wide = events !== undefined && events.payloadType === audio.wideEvent;
  return {
    codecs: [chosen],
    telephoneEvent: wide ? undefined : events?.payloadType,
    ...(wide ? { wideEvent: events.payloadType } : {}),
  };
}

/**
 * The answer to a SIP peer's offer: one codec and its own event number, all other m-lines refused in their places.
 * `crypto` is our key, where the line is SRTP.
 */
export function sipAnswer(offer: Description, chosen: NumberedCodec, place: RtpPlace, crypto?: CryptoLine): string {
  const { audio } = offer;
  const { origin, port } = place;
  const formats = answered(audio, chosen);
  const lines = offer.lines.flatMap((line, index) =>
    index === audio.index
      ? [
          ...audioLines(audio.protocol, port, formats, reverse(audio.direction)),
          ...sharedPort(audio),
          ...(crypto === undefined ? [] : [cryptoText(crypto)]),
          ...candidateLines(place, audio.rtcpMux),
        ]
      : [refusedLine(line)],
  );
  const session = [...sessionLines(origin), connectionLine(homesOf(place)[0]), 't=0 0', ...iceSessionLines(place.ice)];
  return joinLines([...session, ...lines]);
}

/**
 * Where to send RTCP: to the port of RTP if both sides agreed on that (RFC 5761), else where the attribute of RFC 3605
 * says, else to the port above RTP (which is none after the last). Undefined where RTP has no address either.
 */
export function rtcpPlaceOf(
  audio: Pick<AudioLine, 'address' | 'port' | 'rtcp' | 'rtcpMux'>,
): { readonly address: string; readonly port: number } | undefined {
  const address = audio.rtcp?.address ?? audio.address;
  if (address === undefined || audio.address === undefined) return undefined;
  if (audio.rtcpMux) return { address: audio.address, port: audio.port };
  const port = audio.rtcp?.port ?? audio.port + 1;
  return port > 65_535 ? undefined : { address, port };
}
