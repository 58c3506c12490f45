import { Emitter } from '../base/emitter.ts';
import type { LegPolicy } from '../protocol/media-policy.ts';
import type { MediaResult } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import { refuse, type Answer } from './errors.ts';
import type { LegIce } from './leg-ice.ts';
import type { SecuredTermination } from './mediasoup/secured.ts';
import type { TerminationLoss } from './mediasoup/termination.ts';
import type { MediasoupWorkers } from './mediasoup/workers.ts';
import { anyCodec, chooseCodec, codecsOf, hasEvents, payloadTypes, readDescription } from './sdp/index.ts';
import { keysUnder, rtcpPlaceOf, sipAnswer, sipOffer, suites, underPolicy } from './sdp/index.ts';
import type {
  AudioLine,
  Codec,
  CodecChoice,
  CryptoLine,
  Description,
  NumberedCodec,
  OwnIce,
  RtpPlace,
} from './sdp/index.ts';
import { sessionIdOf, versionNow } from './session-origin.ts';
import { asWanted, homesFor, iceFor, openOnFreePort, reaches } from './sip-endpoint.ts';
import type { OpenedPorts, Released, SipSurroundings } from './sip-endpoint.ts';

const loopback = '127.0.0.1';

/** Where SRTP legs live. */
export interface SecuredSurroundings {
  readonly sip: SipSurroundings;
  readonly workers: MediasoupWorkers;
}

/** What is in force: the far side's key, its codec, and who decrypts and encrypts. */
interface Running {
  readonly crypto: CryptoLine;
  readonly codec: NumberedCodec;
  readonly termination: SecuredTermination;
}

/** A key of ours that waits for the answer to our offer. */
interface Pending {
  readonly tag: number;
  readonly termination: SecuredTermination;
}

/**
 * mediasoup sends with the numbers of the router: a codec under another number cannot be sent to this peer. RFC 3264
 * section 6.1: the first that an answer names is what its writer wants to hear.
 */
function speakable(audio: AudioLine, policy: readonly CodecChoice[], preferred?: Codec): NumberedCodec | undefined {
  const codecs = audio.codecs.filter(({ codec, payloadType }) => payloadTypes[codec] === payloadType);
  return chooseCodec({ ...audio, codecs }, preferred, policy);
}

/**
 * An endpoint of a SIP leg with SRTP, keys in SDP (RFC 4568). The edge keeps the sockets and the lock, mediasoup encrypts and
 * decrypts. A new key or codec is a new termination behind the same sockets: mediasoup takes a key once.
 */
export class SecuredEndpoint implements Endpoint {
  readonly kind = 'sip';
  readonly connected = undefined;
  readonly endpointId: string;
  readonly callId: string;
  /** The worker died under it. */
  readonly lost = new Emitter<TerminationLoss>();
  readonly #around: SecuredSurroundings;
  readonly #opened: OpenedPorts;
  readonly #sessionId: string;
  readonly #preferred: Codec | undefined;
  readonly #ice: LegIce;
  readonly #terminations = new Map<SecuredTermination, () => void>();
  readonly #unheard: () => void;
  #policy: LegPolicy;
  #version = versionNow();
  #running: Running | undefined;
  #pending: readonly Pending[] = [];
  #said: { readonly remoteSdp: string | undefined; readonly result: MediaResult<'open'> } | undefined;
  #answered: string | undefined;
  #dead = false;
  /** Where its description, or what it says by SIP, comes from. */
  #peer: string | undefined;

  private constructor(setup: EndpointSetup, around: SecuredSurroundings, opened: OpenedPorts) {
    this.endpointId = setup.endpointId;
    this.#sessionId = sessionIdOf(setup.endpointId);
    this.callId = setup.callId;
    this.#preferred = setup.preferred;
    this.#policy = setup.policy ?? {};
    this.#around = around;
    this.#opened = opened;
    this.#ice = iceFor(setup, around.sip);
    this.#unheard = around.sip.shards.sources.on(
      ({ endpointId, ssrc }) => endpointId === this.endpointId && this.#source(ssrc),
    );
  }

  /** Opens the sockets. */
  static async open(setup: EndpointSetup, around: SecuredSurroundings): Promise<Answer<SecuredEndpoint>> {
    const opened = await openOnFreePort(setup, around.sip, true);
    return opened.ok ? { ok: true, value: new SecuredEndpoint(setup, around, opened.value) } : opened;
  }

  get codec(): Codec | undefined {
    return this.#running?.codec.codec;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Is a key of the far side's in force? */
  get keyed(): boolean {
    return this.#running !== undefined;
  }

  async describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>> {
    this.#policy = notes?.policy ?? this.#policy;
    this.#peer ??= notes?.signalledFrom;
    if (this.#said !== undefined && this.#said.remoteSdp === remoteSdp) return { ok: true, value: this.#said.result };
    if (remoteSdp === undefined) return this.#offer();
    const read = readDescription(remoteSdp, 'rtp');
    if (!read.ok) return read;
    const offer = underPolicy(read.value, this.#policy.dtmf ?? 'auto');
    const agreed = await this.#accept(offer.audio, notes?.signalledFrom);
    if (!agreed.ok) return agreed;
    const ice = this.#ice.answer(offer.audio, this.#policy.ice);
    return this.#say(remoteSdp, this.#answerTo(offer, agreed.value, ice), offer.audio.direction);
  }

  async answer(remoteSdp: string, notes?: LegNotes): Promise<Answer<MediaResult<'answer'>>> {
    this.#policy = notes?.policy ?? this.#policy;
    if (this.#answered === remoteSdp) return { ok: true, value: {} };
    const read = readDescription(remoteSdp, 'rtp');
    if (!read.ok) return read;
    const { audio } = underPolicy(read.value, this.#policy.dtmf ?? 'auto');
    const taken = await this.#take(audio, notes?.signalledFrom);
    if (!taken.ok) return taken;
    this.#ice.answered(audio);
    this.#answered = remoteSdp;
    this.#said = undefined;
    return { ok: true, value: {} };
  }

  restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    return this.#ice.runs ? this.#offer(true) : Promise.resolve(refuse('bad-request', 'this endpoint has no ICE'));
  }

  close(): void {
    const { port } = this.release();
    this.#around.sip.ports.give(port);
  }

  /** Lets go of everything but its port. */
  release(): Released {
    this.#unheard();
    for (const termination of [...this.#terminations.keys()]) this.#shut(termination);
    this.#around.sip.shards.close(this.callId, this.endpointId);
    const { port, ssrc } = this.#opened;
    return { port, ssrc, version: this.#version, ice: this.#ice };
  }

  get #codecs(): readonly CodecChoice[] {
    return this.#policy.codecs ?? this.#around.sip.codecs ?? anyCodec;
  }

  /** A key of ours for each suite; the far side's answer chooses one. */
  async #offer(restartIce = false): Promise<Answer<MediaResult<'open'>>> {
    for (const { termination } of this.#pending) this.#shut(termination);
    this.#pending = [];
    const made = await Promise.all(suites.map((suite) => this.#make(suite)));
    const offered = made.flatMap((each) => (each.ok ? [each.value] : []));
    if (offered.length < suites.length) return refuse('overloaded', 'no mediasoup worker is ready');
    this.#pending = offered.map((termination, at) => ({ tag: at + 1, termination }));
    this.#answered = undefined;
    const crypto = this.#pending.map(({ tag, termination }) => ownKey(tag, termination));
    const ice = this.#ice.offer(this.#policy.ice, restartIce);
    const localSdp = sipOffer(
      { ...this.#place(), ice },
      {
        ...{ preferred: this.codec ?? this.#preferred, codecs: codecsOf(this.#codecs), crypto },
        events: hasEvents(this.#policy.dtmf ?? 'auto'),
        secure: this.#policy.srtp === 'required' || this.keyed,
      },
    );
    return this.#say(undefined, localSdp, 'sendrecv');
  }

  /** The answer to our offer: the same once more (183, then 200), or the key that takes effect. */
  async #take(audio: AudioLine, signalledFrom: string | undefined): Promise<Answer<Running>> {
    const known = this.#running;
    if (this.#pending.length === 0) {
      const same = known !== undefined && audio.crypto.some((each) => isSameKey(each, known.crypto));
      if (!same) return refuse('bad-request', 'there is no offer of ours with a key to answer');
      return this.#become({ ...known }, audio, signalledFrom);
    }
    const found = this.#pending.flatMap(({ tag, termination }) => {
      const crypto = audio.crypto.find((each) => each.tag === tag && each.suite === termination.suite);
      return crypto === undefined ? [] : [{ crypto, termination }];
    })[0];
    if (found === undefined) return refuse('unsupported-sdp', 'none of our keys was chosen');
    const [first] = audio.codecs;
    const codec = first && speakable({ ...audio, codecs: [first] }, [first.codec]);
    if (codec === undefined) return refuse('unsupported-sdp', 'SRTP needs codecs under our numbers');
    const others = this.#pending.filter(({ termination }) => termination !== found.termination);
    this.#pending = [];
    for (const { termination } of others) this.#shut(termination);
    return this.#become({ ...found, codec }, audio, signalledFrom);
  }

  /** The far side's offer: the key that is in force goes on, another one takes its place. */
  async #accept(audio: AudioLine, signalledFrom: string | undefined): Promise<Answer<Running>> {
    const keys = keysUnder(audio, this.keyed ? 'required' : this.#policy.srtp);
    if (!keys.ok) return refuse('unsupported-sdp', keys.error);
    const known = this.#running;
    const codec = speakable(audio, this.#codecs, this.codec ?? this.#preferred);
    if (codec === undefined)
      return refuse('unsupported-sdp', 'SRTP needs codecs under our numbers (PCMU as 0, PCMA as 8)');
    const same = known && keys.value.find((each) => isSameKey(each, known.crypto));
    if (same !== undefined && known?.codec.codec === codec.codec)
      return this.#become({ ...known, crypto: same }, audio, signalledFrom);
    const [crypto] = keys.value;
    if (crypto === undefined) return refuse('unsupported-sdp', 'no a=crypto');
    const made = await this.#make(crypto.suite);
    return made.ok ? this.#become({ crypto, codec, termination: made.value }, audio, signalledFrom) : made;
  }

  async #make(suite: CryptoLine['suite']): Promise<Answer<SecuredTermination>> {
    const { plainPort, securedPort } = this.#opened;
    try {
      const edge = { secured: securedPort, plain: plainPort };
      const termination = await this.#around.workers.openSecured(edge, suite);
      this.#terminations.set(
        termination,
        termination.lost.on((cause) => {
          if (this.#dead) return;
          this.#dead = true;
          this.lost.emit(cause);
        }),
      );
      return { ok: true, value: termination };
    } catch {
      return refuse('overloaded', 'no mediasoup worker is ready');
    }
  }

  #shut(termination: SecuredTermination): void {
    this.#terminations.get(termination)?.();
    this.#terminations.delete(termination);
    this.#around.workers.shut(termination);
  }

  /** What was agreed takes effect; the termination before it goes when the new one is there. */
  async #become(next: Running, audio: AudioLine, signalledFrom: string | undefined): Promise<Answer<Running>> {
    if (!reaches(audio, this.#around.sip))
      return refuse('unsupported-sdp', `${audio.address} cannot be reached from here`);
    const before = this.#running?.termination;
    if (next.termination !== before && !(await this.#connect(next, audio))) {
      this.#shut(next.termination);
      return refuse('unsupported-sdp', 'mediasoup refuses the key');
    }
    this.#running = next;
    this.#peer = audio.address ?? this.#peer;
    this.#configure(audio, next, signalledFrom);
    if (before !== undefined && before !== next.termination) this.#shut(before);
    return { ok: true, value: next };
  }

  async #connect({ crypto, codec, termination }: Running, { telephoneEvent }: AudioLine): Promise<boolean> {
    const { ssrc: edgeSsrc } = this.#opened;
    const peer = { keyBase64: crypto.keyBase64, codec: codec.codec, payloadType: codec.payloadType };
    return termination.connect({ ...peer, telephoneEvent, edgeSsrc }).then(
      () => true,
      () => false,
    );
  }

  #configure(audio: AudioLine, { codec, termination }: Running, signalledFrom: string | undefined): void {
    const { plain, secured } = termination.ports;
    const remote = { address: loopback, port: plain };
    const { telephoneEvent } = audio;
    const events = telephoneEvent === undefined ? [] : [telephoneEvent];
    this.#around.sip.shards.configure(this.callId, this.endpointId, {
      ...{ remote, remoteControl: remote },
      send: { codec: codec.codec, payloadType: payloadTypes[codec.codec] },
      sendEvents: telephoneEvent === payloadTypes.telephoneEvent ? telephoneEvent : undefined,
      receive: [{ codec: codec.codec, payloadType: payloadTypes[codec.codec] }],
      receiveEvents: events.length > 0 ? [payloadTypes.telephoneEvent] : [],
      direction: audio.direction,
      ...asWanted(this.#policy),
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

  #answerTo(offer: Description, { codec, crypto, termination }: Running, ice: OwnIce | undefined): string {
    return sipAnswer(offer, codec, { ...this.#place(), ice }, ownKey(crypto.tag, termination));
  }

  #say(
    remoteSdp: string | undefined,
    localSdp: string,
    remoteDirection: AudioLine['direction'],
  ): Answer<MediaResult<'open'>> {
    const result = { localSdp, remoteDirection };
    this.#said = { remoteSdp, result };
    return { ok: true, value: result };
  }

  #place(): Omit<RtpPlace, 'ice'> {
    const origin = { sessionId: this.#sessionId, version: ++this.#version, address: this.#around.sip.advertise };
    return { origin, port: this.#opened.port, homes: homesFor(this.#peer, this.#around.sip) };
  }

  #source(ssrc: number): void {
    const termination = this.#running?.termination;
    termination?.source(ssrc).then(
      () => {
        if (this.#running?.termination !== termination) return;
        this.#around.sip.shards.sourceReady(this.callId, this.endpointId, ssrc);
      },
      // The worker died, or the endpoint was closed meanwhile: both are told elsewhere.
      () => {},
    );
  }
}

function ownKey(tag: number, { suite, keyBase64 }: SecuredTermination): CryptoLine {
  return { tag, suite, keyBase64 };
}

function isSameKey(a: CryptoLine, b: CryptoLine): boolean {
  return a.suite === b.suite && a.keyBase64 === b.keyBase64;
}
