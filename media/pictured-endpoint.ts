import { isIPv6 } from 'node:net';
import type { MediaResult } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import type { Answer } from './errors.ts';
import { PhonePicture, type PhonePictureOptions } from './phone-picture.ts';
import { readVideoLine, videoAnswerLines, videoOfferLines, withMediaLines, type VideoLine } from './sdp/index.ts';
import type { SipEndpoint } from './sip-endpoint.ts';

/** Whether our side of the sound does ICE: a picture beside it without candidates would be a mismatch (RFC 8839 section 4.2.5). */
function doesIce(localSdp: string): boolean {
  return /^a=candidate:/m.test(localSdp);
}

/**
 * A SIP leg with a picture beside its sound. The sound is a {@link SipEndpoint}, which refuses every other line; the line that can be
 * taken is put in its place. Without a port or a worker for it the leg has sound alone.
 */
export class PicturedEndpoint implements Endpoint {
  readonly kind = 'sip';
  readonly connected = undefined;
  readonly dead = false;
  readonly #setup: EndpointSetup;
  readonly #sound: SipEndpoint;
  readonly #options: PhonePictureOptions;
  #picture: PhonePicture | undefined;
  #signalledFrom: string | undefined;
  /** The phone's line of the last agreement. */
  #line: VideoLine | undefined;
  /** Whether the picture was part of the first agreement: it does not come in later, for the other side was offered none. */
  #settled = false;
  #closed = false;

  constructor(setup: EndpointSetup, sound: SipEndpoint, options: PhonePictureOptions) {
    this.#setup = setup;
    this.#sound = sound;
    this.#options = options;
  }

  get endpointId(): string {
    return this.#setup.endpointId;
  }

  get callId(): string {
    return this.#setup.callId;
  }

  get codec(): SipEndpoint['codec'] {
    return this.#sound.codec;
  }

  get picture(): PhonePicture | undefined {
    return this.#line === undefined ? undefined : this.#picture;
  }

  async describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>> {
    this.#signalledFrom = notes?.signalledFrom ?? this.#signalledFrom;
    const described = await this.#sound.describe(remoteSdp, notes);
    if (!described.ok) return described;
    const value =
      remoteSdp === undefined ? await this.#offer(described.value) : await this.#taken(remoteSdp, described.value);
    return { ok: true, value };
  }

  async answer(remoteSdp: string, notes?: LegNotes): Promise<Answer<MediaResult<'answer'>>> {
    this.#signalledFrom = notes?.signalledFrom ?? this.#signalledFrom;
    const answered = await this.#sound.answer(remoteSdp, notes);
    if (!answered.ok) return answered;
    this.#agree(this.#picture === undefined ? undefined : this.#usable(remoteSdp));
    return { ok: true, value: { ...answered.value, ...this.#told() } };
  }

  restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    return this.#sound.restartIce();
  }

  refresh(): void {
    this.#picture?.refresh();
  }

  close(): void {
    this.#closed = true;
    this.#picture?.close();
    this.#picture = undefined;
    this.#sound.close();
  }

  /** Our answer, with the phone's picture if it has one we can take. */
  async #taken(remoteSdp: string, answer: MediaResult<'open'>): Promise<MediaResult<'open'>> {
    const line = doesIce(answer.localSdp) ? undefined : this.#usable(remoteSdp);
    const allowed = line !== undefined && (!this.#settled || this.#line !== undefined || this.#picture !== undefined);
    const picture = allowed ? await this.#open() : undefined;
    this.#agree(picture === undefined ? undefined : line);
    if (picture === undefined || line === undefined) return answer;
    const localSdp = withMediaLines(answer.localSdp, line.index, videoAnswerLines(line, picture.port));
    return { ...answer, localSdp, ...this.#told() };
  }

  /**
   * Our offer, with a picture where the phone has one, or had one when its endpoint died: who knows none may refuse the whole call. A
   * line that was there once stays (RFC 3264 section 8).
   */
  async #offer(offer: MediaResult<'open'>): Promise<MediaResult<'open'>> {
    const agreed = this.#line?.packetization ?? this.#setup.video?.packetization;
    if (doesIce(offer.localSdp) || (this.#picture === undefined && (this.#settled || agreed === undefined)))
      return offer;
    const picture = await this.#open();
    if (picture === undefined) return offer;
    const packetization = agreed ?? 1;
    return { ...offer, localSdp: withMediaLines(offer.localSdp, 1, videoOfferLines(picture.port, packetization)) };
  }

  #agree(line: VideoLine | undefined): void {
    this.#settled = true;
    this.#line = line;
    this.#picture?.configure(line, this.#signalledFrom);
  }

  #told(): { readonly picture?: { readonly packetization: 0 | 1 } } {
    return this.#line === undefined ? {} : { picture: { packetization: this.#line.packetization } };
  }

  /** The phone's line, if it can be reached from our address. */
  #usable(remoteSdp: string): VideoLine | undefined {
    const line = readVideoLine(remoteSdp);
    if (line?.address === undefined) return line;
    return isIPv6(line.address) === isIPv6(this.#options.bind) ? line : undefined;
  }

  async #open(): Promise<PhonePicture | undefined> {
    if (this.#picture !== undefined) return this.#picture;
    const opened = await PhonePicture.open(this.#options);
    // Closed meanwhile.
    if (this.#closed) opened?.close();
    else this.#picture = opened;
    return this.#picture;
  }
}
