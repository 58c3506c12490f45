import { Emitter } from '../base/emitter.ts';
import type { MediaResult } from '../protocol/media.ts';
import type { Endpoint, EndpointSetup, LegNotes } from './endpoint.ts';
import { refuse, type Answer } from './errors.ts';
import type { TerminationLoss } from './mediasoup/termination.ts';
import { readDescription } from './sdp/index.ts';
import type { Codec } from './sdp/index.ts';
import { SecuredEndpoint, type SecuredSurroundings } from './secured-endpoint.ts';
import { SipEndpoint } from './sip-endpoint.ts';

/**
 * An endpoint of a SIP leg to which we offer SRTP: the answer decides whether it is a secured or a plain one (RFC 8643), on the
 * same port.
 */
export class OfferedEndpoint implements Endpoint {
  readonly kind = 'sip';
  readonly connected = undefined;
  readonly lost = new Emitter<TerminationLoss>();
  readonly #setup: EndpointSetup;
  readonly #around: SecuredSurroundings;
  #end: SecuredEndpoint | SipEndpoint;

  private constructor(setup: EndpointSetup, around: SecuredSurroundings, secured: SecuredEndpoint) {
    this.#setup = setup;
    this.#around = around;
    this.#end = secured;
    secured.lost.on((cause) => this.lost.emit(cause));
  }

  static async open(setup: EndpointSetup, around: SecuredSurroundings): Promise<Answer<OfferedEndpoint>> {
    const opened = await SecuredEndpoint.open(setup, around);
    return opened.ok ? { ok: true, value: new OfferedEndpoint(setup, around, opened.value) } : opened;
  }

  get endpointId(): string {
    return this.#setup.endpointId;
  }

  get callId(): string {
    return this.#setup.callId;
  }

  get codec(): Codec | undefined {
    return this.#end.codec;
  }

  get dead(): boolean {
    return this.#end.dead;
  }

  describe(remoteSdp: string | undefined, notes?: LegNotes): Promise<Answer<MediaResult<'open'>>> {
    return this.#end.describe(remoteSdp, notes);
  }

  async answer(remoteSdp: string, notes?: LegNotes): Promise<Answer<MediaResult<'answer'>>> {
    const end = this.#end;
    if (end instanceof SecuredEndpoint && !end.keyed) {
      const answer = readDescription(remoteSdp, 'rtp');
      if (!answer.ok) return answer;
      const { crypto, secure } = answer.value.audio;
      if (crypto.length === 0 && !secure) {
        const srtp = notes?.policy?.srtp ?? this.#setup.policy?.srtp;
        if (srtp === 'required') return refuse('unsupported-sdp', 'SRTP is required here');
        const plain = await SipEndpoint.instead(this.#setup, this.#around.sip, end.release());
        if (!plain.ok) return plain;
        this.#end = plain.value;
      }
    }
    return this.#end.answer(remoteSdp, notes);
  }

  restartIce(): Promise<Answer<MediaResult<'restartIce'>>> {
    return this.#end.restartIce();
  }

  close(): void {
    this.#end.close();
  }
}
