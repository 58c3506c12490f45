import { isIPv6 } from 'node:net';
import { Emitter } from '../base/emitter.ts';
import type { MediaResult } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import { refuse, type Answer } from './errors.ts';
import type { SecuredTermination } from './mediasoup/secured.ts';
import type { TerminationLoss } from './mediasoup/termination.ts';
import type { MediasoupWorkers } from './mediasoup/workers.ts';
import { payloadTypes, readDescription, rtcpPlaceOf, sipAnswer } from './sdp/index.ts';
import type { AudioLine, Codec, CryptoLine, Description, NumberedCodec } from './sdp/index.ts';
import { sessionIdOf, versionNow } from './session-origin.ts';
import { openOnFreePort, type SipSurroundings } from './sip-endpoint.ts';

const loopback = '127.0.0.1';

/** Where SRTP legs live. */
export interface SecuredSurroundings {
  readonly sip: SipSurroundings;
  readonly workers: MediasoupWorkers;
}

interface Agreed {
  readonly crypto: CryptoLine;
  readonly codec: NumberedCodec;
}

/** mediasoup sends with the numbers of the router: a codec under another number cannot be sent to this peer. */
function speakable({ codecs }: AudioLine, preferred: Codec | undefined): NumberedCodec | undefined {
  const ours = codecs.filter(({ codec, payloadType }) => payloadTypes[codec] === payloadType);
  return ours.find(({ codec }) => codec === preferred) ?? ours[0];
}

/**
 * An endpoint of a SIP leg whose peer offers SRTP with keys in its SDP (RFC 4568). The edge keeps the sockets and the lock,
 * mediasoup encrypts and decrypts. It answers offers; it makes none.
 */
export class SecuredEndpoint implements Endpoint {
  readonly kind = 'sip';
  readonly connected = undefined;
  readonly endpointId: string;
  readonly callId: string;
  /** The worker died under it. */
  readonly lost = new Emitter<TerminationLoss>();
  readonly #around: SecuredSurroundings;
  readonly #port: number;
  readonly #ssrc: number;
  readonly #termination: SecuredTermination;
  readonly #sessionId: string;
  readonly #preferred: Codec | undefined;
  readonly #forget: () => void;
  #version = versionNow();
  #agreed: Agreed | undefined;
  #said: { readonly remoteSdp: string; readonly result: MediaResult<'open'> } | undefined;
  #dead = false;

  private constructor(
    setup: EndpointSetup,
    around: SecuredSurroundings,
    parts: { readonly port: number; readonly ssrc: number; readonly termination: SecuredTermination },
  ) {
    this.endpointId = setup.endpointId;
    this.#sessionId = sessionIdOf(setup.endpointId);
    this.callId = setup.callId;
    this.#preferred = setup.preferred;
    this.#around = around;
    this.#port = parts.port;
    this.#ssrc = parts.ssrc;
    this.#termination = parts.termination;
    const stop = [
      parts.termination.lost.on((cause) => {
        this.#dead = true;
        this.lost.emit(cause);
      }),
      around.sip.shards.sources.on(({ endpointId, ssrc }) => endpointId === this.endpointId && this.#source(ssrc)),
    ];
    this.#forget = () => stop.forEach((each) => each());
  }

  /** Opens the sockets, then the transports, for the first key in the offer that we can work with. */
  static async open(
    setup: EndpointSetup,
    around: SecuredSurroundings,
    crypto: CryptoLine,
  ): Promise<Answer<SecuredEndpoint>> {
    const { endpointId, callId } = setup;
    const opened = await openOnFreePort(setup, around.sip, true);
    if (!opened.ok) return opened;
    const { port, ssrc, plainPort, securedPort } = opened.value;
    try {
      const edge = { secured: securedPort, plain: plainPort };
      const termination = await around.workers.openSecured(edge, crypto.suite);
      return { ok: true, value: new SecuredEndpoint(setup, around, { port, ssrc, termination }) };
    } catch {
      around.sip.shards.close(callId, endpointId);
      around.sip.ports.give(port);
      return refuse('overloaded', 'no mediasoup worker is ready');
    }
  }

  get codec(): Codec | undefined {
    return this.#agreed?.codec.codec;
  }

  get dead(): boolean {
    return this.#dead;
  }

  async describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>> {
    if (this.#said !== undefined && this.#said.remoteSdp === remoteSdp) return { ok: true, value: this.#said.result };
    if (remoteSdp === undefined) return refuse('unsupported-sdp', 'an SRTP endpoint answers offers, and makes none');
    const offer = readDescription(remoteSdp, 'rtp');
    if (!offer.ok) return offer;
    const agreed = await this.#agree(offer.value.audio, notes?.signalledFrom);
    return agreed.ok ? this.#say(remoteSdp, offer.value, agreed.value) : agreed;
  }

  answer(): Promise<Answer<MediaResult<'answer'>>> {
    return Promise.resolve(refuse('bad-request', 'there is no offer of ours to answer'));
  }

  restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    return Promise.resolve(refuse('bad-request', 'a SIP endpoint has no ICE'));
  }

  close(): void {
    this.#forget();
    this.#around.workers.shut(this.#termination);
    this.#around.sip.shards.close(this.callId, this.endpointId);
    this.#around.sip.ports.give(this.#port);
  }

  /** The first offer's key stays for life: mediasoup takes no other. */
  async #agree(audio: AudioLine, signalledFrom: string | undefined): Promise<Answer<Agreed>> {
    const { address } = audio;
    if (address !== undefined && isIPv6(address) !== isIPv6(this.#around.sip.bind))
      return refuse('unsupported-sdp', `${address} cannot be reached from here`);
    const codec = speakable(audio, this.#agreed?.codec.codec ?? this.#preferred);
    if (codec === undefined) return refuse('unsupported-sdp', 'SRTP needs PCMU as 0 or PCMA as 8');
    const known = this.#agreed?.crypto;
    const crypto = known === undefined ? audio.crypto[0] : audio.crypto.find((each) => sameKey(each, known));
    if (crypto === undefined)
      return refuse('unsupported-sdp', known === undefined ? 'no a=crypto' : 'another SRTP key needs a new endpoint');
    const telephoneEvent = audio.telephoneEvent === payloadTypes.telephoneEvent ? audio.telephoneEvent : undefined;
    const agreed = { crypto, codec };
    if (this.#agreed === undefined)
      await this.#termination.connect({
        ...{ keyBase64: crypto.keyBase64, codec: codec.codec, payloadType: codec.payloadType },
        ...{ telephoneEvent: audio.telephoneEvent, edgeSsrc: this.#ssrc },
      });
    else if (this.#agreed.codec.codec !== codec.codec) return refuse('unsupported-sdp', 'SRTP keeps its codec');
    this.#agreed = agreed;
    this.#configure(audio, agreed, { telephoneEvent, signalledFrom });
    return { ok: true, value: agreed };
  }

  #configure(
    audio: AudioLine,
    { codec }: Agreed,
    { telephoneEvent, signalledFrom }: { telephoneEvent: number | undefined; signalledFrom: string | undefined },
  ): void {
    const { plain, secured } = this.#termination.ports;
    const remote = { address: loopback, port: plain };
    const events = audio.telephoneEvent === undefined ? [] : [audio.telephoneEvent];
    this.#around.sip.shards.configure(this.callId, this.endpointId, {
      ...{ remote, remoteControl: remote },
      send: { codec: codec.codec, payloadType: payloadTypes[codec.codec] },
      sendEvents: telephoneEvent,
      receive: [{ codec: codec.codec, payloadType: payloadTypes[codec.codec] }],
      receiveEvents: events.length > 0 ? [payloadTypes.telephoneEvent] : [],
      direction: audio.direction,
      front: {
        inside: { address: loopback, port: secured },
        media: {
          remote: audio.address === undefined ? undefined : { address: audio.address, port: audio.port },
          remoteControl: rtcpPlaceOf(audio),
          signalled: signalledFrom,
          mux: audio.rtcpMux,
          payloadTypes: [codec.payloadType, ...events],
        },
      },
    });
  }

  #say(remoteSdp: string, offer: Description, { codec, crypto }: Agreed): Answer<MediaResult<'open'>> {
    const origin = { sessionId: this.#sessionId, version: ++this.#version, address: this.#around.sip.advertise };
    const key = { tag: crypto.tag, suite: crypto.suite, keyBase64: this.#termination.keyBase64 };
    const localSdp = sipAnswer(offer, codec, { origin, port: this.#port }, key);
    const result = { localSdp, remoteDirection: offer.audio.direction };
    this.#said = { remoteSdp, result };
    return { ok: true, value: result };
  }

  #source(ssrc: number): void {
    this.#termination.source(ssrc).then(
      () => this.#around.sip.shards.sourceReady(this.callId, this.endpointId, ssrc),
      // The worker died, or the endpoint was closed meanwhile: both are told elsewhere.
      () => {},
    );
  }
}

function sameKey(a: CryptoLine, b: CryptoLine): boolean {
  return a.suite === b.suite && a.keyBase64 === b.keyBase64;
}
