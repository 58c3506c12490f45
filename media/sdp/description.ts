import { isIP } from './address.ts';
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { fail, ok, type Result } from '../../base/result.ts';
import { cryptoLines, type CryptoLine } from './crypto.ts';
import type { Direction } from './direction.ts';
import { iceOf, type PeerIce } from './ice.ts';
import { clockRate, codecs, encodings, payloadTypes, type Codec } from './payload-types.ts';

/** Why a description cannot be used. `message` names the line or the thing that is missing. */
export interface SdpError {
  readonly code: 'unsupported-sdp';
  readonly message: string;
  readonly retryable: false;
}

/** A codec under the number the peer gave it. */
export interface NumberedCodec {
  readonly codec: Codec;
  readonly payloadType: number;
}

/** What a WebRTC peer says about itself (RFC 8839, RFC 8842). */
export interface PeerSecurity {
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprint: { readonly algorithm: string; readonly value: string };
  readonly setup: 'active' | 'passive' | 'actpass';
  /** The SSRC the peer's microphone uses, if it says so. */
  readonly ssrc: number | undefined;
}

/** One m-line, as little of it as an answer has to repeat. */
export interface MediaLine {
  readonly type: string;
  readonly protocol: string;
  readonly formats: string;
}

/** The audio m-line that is used. */
export interface AudioLine {
  /** Which of the description's m-lines it is. */
  readonly index: number;
  readonly protocol: string;
  /** Where the peer wants RTP; absent when it gave a name or 0.0.0.0 instead of an address. */
  readonly address: string | undefined;
  readonly port: number;
  /** Where it wants RTCP, if it says so (RFC 3605): the address is that of RTP unless it names another. */
  readonly rtcp: { readonly address: string | undefined; readonly port: number } | undefined;
  readonly direction: Direction;
  /** Codecs both sides know, in the peer's order of preference; never empty. */
  readonly codecs: readonly NumberedCodec[];
  /** The peer's number for RFC 4733 events at 8 kHz, if it takes them. */
  readonly telephoneEvent: number | undefined;
  /** The same at 48 kHz, the clock of Opus. */
  readonly wideEvent: number | undefined;
  readonly mid: string | undefined;
  readonly rtcpMux: boolean;
  readonly security: PeerSecurity | undefined;
  /** Of a SIP peer: what it says of ICE. */
  readonly ice?: PeerIce | 'mismatch' | undefined;
  /** Keys of SRTP (RFC 4568), in the peer's order; beside RTP/AVP they are an offer to encrypt (RFC 8643). */
  readonly crypto: readonly CryptoLine[];
  /** RTP/SAVP to a SIP peer: SRTP, and nothing else. */
  readonly secure: boolean;
}

/** A peer's offer or answer that we can work with. */
export interface Description {
  readonly lines: readonly MediaLine[];
  readonly audio: AudioLine;
}

function unsupported(message: string): { readonly ok: false; readonly error: SdpError } {
  return fail({ code: 'unsupported-sdp', message, retryable: false });
}

/** Which transport profile the audio must have. */
export type Profile = 'rtp' | 'webrtc';

/** Nothing else can be sent to, whatever the line says. */
function isPort(port: number | undefined): port is number {
  return port !== undefined && port > 0 && port <= 65_535;
}

function fits(line: MediaDescription, profile: Profile): boolean {
  const secure = /SAVPF?$/.test(line.protocol ?? '');
  if (line.type !== 'audio' || !isPort(line.port)) return false;
  if (profile === 'webrtc') return secure;
  // RFC 4568 section 6: keys beside a line without SRTP mean nothing.
  return !secure || (/^RTP\/SAVPF?$/.test(line.protocol ?? '') && cryptoLines(line).length > 0);
}

/** Numbers from here on mean nothing without an rtpmap (RFC 3551 section 6). */
const firstDynamic = 96;

/** The peer's numbers for what we know, in its own order. Static numbers need no rtpmap (RFC 3551 section 6). */
function numbered(line: MediaDescription): Pick<AudioLine, 'codecs' | 'telephoneEvent' | 'wideEvent'> {
  const known: NumberedCodec[] = [];
  let telephoneEvent: number | undefined;
  let wideEvent: number | undefined;
  for (const format of String(line.payloads ?? '').split(' ')) {
    const payloadType = Number(format);
    if (format === '' || !Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) continue;
    const map = line.rtp.find((each) => each.payload === payloadType);
    const name = map?.codec.toUpperCase();
    const rate = map?.rate ?? clockRate;
    if (name === 'TELEPHONE-EVENT' && rate === clockRate) telephoneEvent ??= payloadType;
    if (name === 'TELEPHONE-EVENT' && rate === encodings.opus.rate) wideEvent ??= payloadType;
    const codec = codecs.find((each) =>
      name === undefined
        ? payloadType < firstDynamic && payloadTypes[each] === payloadType
        : encodings[each].name.toUpperCase() === name && encodings[each].rate === rate,
    );
    if (codec !== undefined) known.push({ codec, payloadType });
  }
  return { codecs: known, telephoneEvent, wideEvent };
}

/**
 * RFC 3264 section 8.4: the old way of holding is an address of zeros, meaning "send me nothing". From a browser zeros
 * only mean that it has no candidate yet (RFC 8840 section 4.1.1).
 */
function direction(line: MediaDescription, session: SessionDescription, zeros: boolean): Direction {
  const stated = line.direction ?? session.direction ?? 'sendrecv';
  if (!zeros) return stated;
  return stated === 'recvonly' || stated === 'inactive' ? 'inactive' : 'sendonly';
}

function security(line: MediaDescription, session: SessionDescription): PeerSecurity | undefined {
  const fingerprint = line.fingerprint ?? session.fingerprint;
  const usernameFragment = line.iceUfrag ?? session.iceUfrag;
  const password = line.icePwd ?? session.icePwd;
  const setup = line.setup ?? session.setup;
  if (fingerprint === undefined || usernameFragment === undefined || password === undefined) return undefined;
  if (setup !== 'active' && setup !== 'passive' && setup !== 'actpass') return undefined;
  const ssrc = line.ssrcs?.[0]?.id;
  return {
    usernameFragment: String(usernameFragment),
    password: String(password),
    fingerprint: { algorithm: fingerprint.type, value: fingerprint.hash },
    setup,
    ssrc: ssrc === undefined ? undefined : Number(ssrc),
  };
}

function rtcpLine({ rtcp }: MediaDescription): AudioLine['rtcp'] {
  if (rtcp === undefined || !isPort(rtcp.port)) return undefined;
  const { port, address } = rtcp;
  return { port, address: address !== undefined && isIP(address) ? address : undefined };
}

function audioLine(
  session: SessionDescription,
  index: number,
  line: MediaDescription,
  profile: Profile,
): AudioLine | undefined {
  const connection = line.connection ?? session.connection;
  const address = connection?.ip;
  const zeros = address === '0.0.0.0' || address === '::';
  const formats = numbered(line);
  if (formats.codecs.length === 0) return undefined;
  const rtp = { address: address !== undefined && !zeros && isIP(address) ? address : undefined, port: line.port };
  const rtcp = rtcpLine(line);
  const control =
    line.rtcpMux === undefined
      ? { address: rtcp?.address ?? rtp.address, port: rtcp?.port ?? rtp.port + 1 }
      : undefined;
  const ice = profile === 'rtp' ? iceOf(line, session, rtp, control) : undefined;
  const untold = typeof ice === 'object' && zeros;
  return {
    index,
    protocol: line.protocol,
    ...rtp,
    rtcp,
    direction: direction(line, session, zeros && profile === 'rtp' && !untold),
    ...formats,
    mid: line.mid === undefined ? undefined : String(line.mid),
    rtcpMux: line.rtcpMux !== undefined,
    security: security(line, session),
    ice,
    crypto: /^RTP\/S?AVPF?$/.test(line.protocol ?? '') ? cryptoLines(line) : [],
    secure: /^RTP\/SAVPF?$/.test(line.protocol ?? ''),
  };
}

/**
 * Reads an offer or an answer. Takes the first usable audio m-line of the profile; everything else is only remembered,
 * so that an answer can refuse it. Never throws.
 */
export function readDescription(text: string, profile: Profile): Result<Description, SdpError> {
  if (!/^v=0\r?$/m.test(text)) return unsupported('it does not begin with v=0');
  let session: SessionDescription;
  try {
    // A count of ports (RFC 4566 section 5.14) is for layered codecs; the parser does not know it.
    session = parse(text.replace(/^(m=\w+ \d+)\/\d+ /gm, '$1 '));
  } catch {
    return unsupported('it is not SDP');
  }
  const lines = session.media.map((line) => ({
    type: line.type ?? 'audio',
    protocol: line.protocol ?? 'RTP/AVP',
    formats: String(line.payloads ?? '0'),
  }));
  const fitting = session.media.map((line, index) => ({ line, index })).filter(({ line }) => fits(line, profile));
  if (fitting.length === 0)
    return unsupported(
      profile === 'rtp'
        ? 'no m=audio line over RTP/AVP, nor over RTP/SAVP with a key (a=crypto) of a kind we have'
        : 'no m=audio line over DTLS-SRTP',
    );
  for (const { line, index } of fitting) {
    const audio = audioLine(session, index, line, profile);
    if (audio === undefined) continue;
    if (profile === 'webrtc' && audio.security === undefined)
      return unsupported('ice-ufrag, ice-pwd, fingerprint or setup is missing');
    return ok({ lines, audio });
  }
  return unsupported('no codec in common: PCMU, PCMA, G722 or opus is needed');
}

/** An entry of a policy; `G711` is either law, as the peer prefers: both cost nothing to turn into the other. */
export type CodecChoice = Codec | 'G711';

/** G.711 first: that is what carriers speak, and what passes between them and a browser untouched. */
export const anyCodec: readonly CodecChoice[] = ['G711', 'G722', 'opus'];

/** The codecs a policy names, in its order. */
export function codecsOf(policy: readonly CodecChoice[]): Codec[] {
  return [...new Set(policy.flatMap((entry): Codec[] => (entry === 'G711' ? ['PCMU', 'PCMA'] : [entry])))];
}

/**
 * The codec to speak: `preferred` if the peer knows it (then nothing has to be decoded), else the first of the policy
 * that it knows. Undefined if it knows none of them.
 */
export function chooseCodec(
  audio: AudioLine,
  preferred?: Codec,
  policy: readonly CodecChoice[] = anyCodec,
): NumberedCodec | undefined {
  const known = (...wanted: readonly (Codec | undefined)[]): NumberedCodec | undefined =>
    audio.codecs.find(({ codec }) => wanted.includes(codec));
  const allowed = codecsOf(policy);
  const same = preferred !== undefined && allowed.includes(preferred) ? known(preferred) : undefined;
  return same ?? policy.map((entry) => known(...codecsOf([entry]))).find((each) => each !== undefined);
}

/** The peer's number for RFC 4733 events beside this codec, and the ticks a millisecond has there (RFC 4733 section 2.1). */
export function eventsBeside(
  audio: Pick<AudioLine, 'telephoneEvent' | 'wideEvent'>,
  codec: Codec,
): { readonly payloadType: number; readonly ticksPerMs: number } | undefined {
  const { telephoneEvent, wideEvent } = audio;
  if (codec === 'opus' && wideEvent !== undefined) return { payloadType: wideEvent, ticksPerMs: 48 };
  return telephoneEvent === undefined ? undefined : { payloadType: telephoneEvent, ticksPerMs: 8 };
}
