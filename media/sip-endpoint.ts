import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { LegPolicy } from '../protocol/media-policy.ts';
import type { MediaResult } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import { refuse, type Answer } from './errors.ts';
import type { PortPool } from './port-pool.ts';
import { LegIce } from './leg-ice.ts';
import type { LegMedia } from './shards/messages.ts';
import { sessionIdOf, versionNow } from './session-origin.ts';
import type { ShardPool } from './shards/pool.ts';
import { anyCodec, chooseCodec, codecs, codecsOf, eventsBeside, hasEvents, hearsTones } from './sdp/index.ts';
import { payloadTypes, readDescription, underPolicy } from './sdp/index.ts';
import { rtcpPlaceOf, sipAnswer, sipOffer } from './sdp/index.ts';
import type { AudioLine, Codec, CodecChoice, DigitsPolicy, NumberedCodec, RtpPlace } from './sdp/index.ts';

/** How many ports are tried when other programs sit in our range. */
const mostTries = 50;

/** An address of the other family: where sockets are bound, and what peers are told. */
export interface SecondHome {
  readonly bind: string;
  readonly advertise: string;
}

/** Where SIP legs live. */
export interface SipSurroundings {
  readonly shards: ShardPool;
  readonly ports: PortPool;
  readonly bind: string;
  readonly advertise: string;
  /** The same in the other family of addresses. */
  readonly also?: SecondHome | undefined;
  /** What we speak with SIP peers, the best first; absent: everything, either law of G.711 first. */
  readonly codecs?: readonly CodecChoice[];
}

interface Said {
  readonly remoteSdp: string | undefined;
  readonly result: MediaResult<'open'>;
}

/** What a policy says of what was agreed. */
export function asWanted({ dtmf = 'auto', silence }: LegPolicy): Pick<LegMedia, 'tones' | 'silence'> {
  const tones = hearsTones(dtmf);
  return { ...(tones === undefined ? {} : { tones }), ...(silence === undefined ? {} : { silence }) };
}

/**
 * An IPv6 peer cannot be sent to from an IPv4 socket, nor the other way round. With ICE one of its addresses that can be
 * reached is enough.
 */
export function reaches(
  { address, ice }: Pick<AudioLine, 'address' | 'ice'>,
  { bind, also }: SipSurroundings,
): boolean {
  if (also !== undefined) return true;
  const others = typeof ice === 'object' ? ice.addresses : [];
  return address === undefined || [address, ...others].some((each) => isIPv6(each) === isIPv6(bind));
}

/**
 * The addresses a far side is told, the one for `c=` first: that of its own family, where it has shown one. An offer names the
 * others too, with ICE as candidates.
 */
export function homesFor(
  peer: string | undefined,
  { advertise, also }: SipSurroundings,
): readonly [string, ...string[]] {
  if (also === undefined) return [advertise];
  const turned = peer !== undefined && isIPv6(peer) === isIPv6(also.advertise);
  return turned ? [also.advertise, advertise] : [advertise, also.advertise];
}

/** Everything the far side may send: the numbers of its description and, as we may have offered, our own. */
function mediaOf(audio: AudioLine, send: NumberedCodec, policy: LegPolicy): LegMedia {
  const { telephoneEvent, wideEvent } = audio;
  const taken = new Set([...audio.codecs.map(({ payloadType }) => payloadType), telephoneEvent, wideEvent]);
  const ours = codecs.map((codec) => ({ codec, payloadType: payloadTypes[codec] }));
  const receive = [...audio.codecs, ...ours.filter(({ payloadType }) => !taken.has(payloadType))];
  const own = hasEvents(policy.dtmf ?? 'auto') ? [payloadTypes.telephoneEvent, payloadTypes.wideEvent] : [];
  const events = new Set<number | undefined>([telephoneEvent, wideEvent, ...own]);
  const sendEvents = eventsBeside(audio, send.codec);
  const { address } = audio;
  return {
    remote: address === undefined ? undefined : { address, port: audio.port },
    remoteControl: rtcpPlaceOf(audio),
    mux: audio.rtcpMux,
    send,
    sendEvents: sendEvents?.payloadType,
    wideEvents: [wideEvent, payloadTypes.wideEvent].filter((number) => number !== undefined),
    receive,
    receiveEvents: [...events].filter(
      (number) => number !== undefined && !receive.some(({ payloadType }) => payloadType === number),
    ) as number[],
    direction: audio.direction,
    ...asWanted(policy),
  };
}

/** The sockets of a SIP leg. The last two are on loopback, of a secured leg. */
export interface OpenedPorts {
  readonly port: number;
  readonly ssrc: number;
  readonly plainPort: number;
  readonly securedPort: number;
}

/** What an SRTP leg was when it turned out to be a plain one. */
export interface Released {
  readonly port: number;
  readonly ssrc: number;
  /** Of its last description. */
  readonly version: number;
  /** With the credentials of that description. */
  readonly ice: LegIce;
}

/** The ICE of a new leg. */
export function iceFor({ callId, endpointId }: EndpointSetup, { shards }: SipSurroundings): LegIce {
  return new LegIce((session) => shards.ice(callId, endpointId, session));
}

/** Opens the sockets of a SIP leg on the next ports that are free. */
export async function openOnFreePort(
  { endpointId, callId }: EndpointSetup,
  { ports, shards, bind, also }: SipSurroundings,
  secured: boolean,
): Promise<Answer<OpenedPorts>> {
  const ssrc = randomInt(1, 2 ** 32);
  for (let tries = 0; tries < mostTries; tries++) {
    const port = ports.take();
    if (port === undefined) return refuse('no-port', 'all RTP ports are in use');
    const opened = await shards.open({ endpointId, callId, kind: 'sip', ssrc, bind, also: also?.bind, port, secured });
    if (opened.ok)
      return { ok: true, value: { port, ssrc, plainPort: opened.value.port, securedPort: opened.value.securedPort } };
    ports.give(port);
    if (opened.error !== 'EADDRINUSE') return refuse('internal', `the RTP socket cannot be opened: ${opened.error}`);
  }
  return refuse('no-port', 'other programs hold the RTP ports');
}

/** An endpoint of a SIP leg: a pair of sockets on a shard. */
export class SipEndpoint implements Endpoint {
  readonly kind = 'sip';
  readonly connected = undefined;
  readonly dead = false;
  readonly endpointId: string;
  readonly callId: string;
  readonly #around: SipSurroundings;
  readonly #port: number;
  readonly #sessionId: string;
  readonly #preferred: Codec | undefined;
  readonly #ice: LegIce;
  #policy: LegPolicy;
  #version: number;
  #signalledFrom: string | undefined;
  #said: Said | undefined;
  #answered: string | undefined;
  #codec: Codec | undefined;
  /** The address of its last description. */
  #peer: string | undefined;
  /** Was the last offer ours? */
  #offered = false;

  private constructor(
    setup: EndpointSetup,
    around: SipSurroundings,
    port: number,
    { version = versionNow(), ice }: { readonly version?: number; readonly ice?: LegIce } = {},
  ) {
    this.#version = version;
    this.endpointId = setup.endpointId;
    this.#sessionId = sessionIdOf(setup.endpointId);
    this.callId = setup.callId;
    this.#preferred = setup.preferred;
    this.#policy = setup.policy ?? {};
    this.#around = around;
    this.#port = port;
    this.#ice = ice ?? iceFor(setup, around);
  }

  /** Opens the sockets on the next ports that are free. */
  static async open(setup: EndpointSetup, around: SipSurroundings): Promise<Answer<SipEndpoint>> {
    const opened = await openOnFreePort(setup, around, false);
    return opened.ok ? { ok: true, value: new SipEndpoint(setup, around, opened.value.port) } : opened;
  }

  /**
   * The plain end of an offer that left the choice between SRTP and plain RTP: its port goes on, its offer waits for the answer.
   */
  static async instead(
    setup: EndpointSetup,
    around: SipSurroundings,
    { port, ssrc, version, ice }: Released,
  ): Promise<Answer<SipEndpoint>> {
    const { endpointId, callId } = setup;
    const opened = await around.shards.open({
      endpointId,
      callId,
      kind: 'sip',
      ssrc,
      bind: around.bind,
      also: around.also?.bind,
      port,
    });
    if (!opened.ok) return refuse('internal', `the RTP socket cannot be opened: ${opened.error}`);
    const endpoint = new SipEndpoint(setup, around, port, { version, ice });
    endpoint.#offered = true;
    return { ok: true, value: endpoint };
  }

  get codec(): Codec | undefined {
    return this.#codec;
  }

  describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>> {
    this.#note(notes);
    return Promise.resolve(this.#describe(remoteSdp));
  }

  answer(remoteSdp: string, notes?: LegNotes): Promise<Answer<MediaResult<'answer'>>> {
    this.#note(notes);
    return Promise.resolve(this.#answer(remoteSdp));
  }

  restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    if (this.#ice.runs) return Promise.resolve(this.#offer(true));
    return Promise.resolve(refuse('bad-request', 'this endpoint has no ICE'));
  }

  close(): void {
    this.#around.shards.close(this.callId, this.endpointId);
    this.#around.ports.give(this.#port);
  }

  #describe(remoteSdp: string | undefined): Answer<MediaResult<'open'>> {
    if (this.#said !== undefined && this.#said.remoteSdp === remoteSdp) return { ok: true, value: this.#said.result };
    if (remoteSdp === undefined) return this.#offer(false);
    const read = readDescription(remoteSdp, 'rtp');
    if (!read.ok) return read;
    const offer = underPolicy(read.value, this.#digits);
    const { audio } = offer;
    if (!this.#reaches(audio)) return refuse('unsupported-sdp', `${audio.address} cannot be reached from here`);
    if (audio.secure) return refuse('unsupported-sdp', 'a leg without SRTP stays without');
    const chosen = chooseCodec(audio, this.#codec ?? this.#preferred, this.#codecs);
    if (chosen === undefined) return refuse('unsupported-sdp', 'none of its codecs is allowed here');
    this.#offered = false;
    const ice = this.#ice.answer(audio, this.#policy.ice);
    this.#agree(audio, chosen);
    return this.#say(remoteSdp, sipAnswer(offer, chosen, { ...this.#place(), ice }), audio.direction);
  }

  #offer(restart: boolean): Answer<MediaResult<'open'>> {
    this.#offered = true;
    this.#answered = undefined;
    const preferred = this.#codec ?? this.#preferred;
    const offered = { preferred, codecs: codecsOf(this.#codecs), events: hasEvents(this.#digits) };
    const ice = this.#ice.offer(this.#policy.ice, restart);
    return this.#say(undefined, sipOffer({ ...this.#place(), ice }, offered));
  }

  #answer(remoteSdp: string): Answer<MediaResult<'answer'>> {
    if (this.#answered === remoteSdp) return { ok: true, value: {} };
    if (!this.#offered) return refuse('bad-request', 'there is no offer of ours to answer');
    const answer = readDescription(remoteSdp, 'rtp');
    if (!answer.ok) return answer;
    const { audio } = underPolicy(answer.value, this.#digits);
    if (!this.#reaches(audio)) return refuse('unsupported-sdp', `${audio.address} cannot be reached from here`);
    if (audio.secure) return refuse('unsupported-sdp', 'a leg without SRTP stays without');
    // RFC 3264 section 6.1: the first it names is the one it wants to hear.
    const [chosen] = audio.codecs;
    if (chosen === undefined) return refuse('unsupported-sdp', 'no codec in common');
    this.#answered = remoteSdp;
    // Our offer is used up: the next question for one gets a new version. Another answer to it may come all the same
    // (183 and 200 of different branches, RFC 3261 section 13.2.2.4): the last one counts.
    this.#said = undefined;
    this.#ice.answered(audio);
    this.#agree(audio, chosen);
    return { ok: true, value: {} };
  }

  get #codecs(): readonly CodecChoice[] {
    return this.#policy.codecs ?? this.#around.codecs ?? anyCodec;
  }

  get #digits(): DigitsPolicy {
    return this.#policy.dtmf ?? 'auto';
  }

  #note(notes: LegNotes | undefined): void {
    this.#signalledFrom = notes?.signalledFrom ?? this.#signalledFrom;
    this.#policy = notes?.policy ?? this.#policy;
  }

  #reaches(audio: AudioLine): boolean {
    return reaches(audio, this.#around);
  }

  #agree(audio: AudioLine, chosen: NumberedCodec): void {
    this.#codec = chosen.codec;
    this.#peer = audio.address ?? this.#peer;
    this.#around.shards.configure(this.callId, this.endpointId, {
      ...mediaOf(audio, chosen, this.#policy),
      signalled: this.#signalledFrom,
    });
  }

  #say(
    remoteSdp: string | undefined,
    localSdp: string,
    remoteDirection: MediaResult<'open'>['remoteDirection'] = 'sendrecv',
  ): Answer<MediaResult<'open'>> {
    const result = { localSdp, remoteDirection };
    this.#said = { remoteSdp, result };
    return { ok: true, value: result };
  }

  #place(): Omit<RtpPlace, 'ice'> {
    const origin = { sessionId: this.#sessionId, version: ++this.#version, address: this.#around.advertise };
    return { origin, port: this.#port, homes: homesFor(this.#peer ?? this.#signalledFrom, this.#around) };
  }
}
