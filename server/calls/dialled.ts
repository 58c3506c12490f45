/** What a call that an agent made knows beside what every call knows: plain JSON, part of the snapshot. */
import type { AgentId, CallId, QueueId } from '../../protocol/ids.ts';
import type { EndpointKind, Language, Tone } from '../../protocol/media.ts';

/** Where a call to somebody ended before it began, or (`left`) before the caller was handed over to them; each has a text in `protocol/problems/dial.ts`. */
export type DialFailureCause =
  | 'busy'
  | 'no-answer'
  | 'rejected'
  | 'wrong-number'
  | 'unreachable'
  | 'unsupported-media'
  | 'redirect-refused'
  | 'not-permitted'
  | 'no-trunk'
  | 'left';

/** Why the party was not had. `status` is the SIP answer, 0 where there was none. */
export interface DialFailure {
  readonly cause: DialFailureCause;
  readonly status: number;
  readonly reason: string;
}

/** How the agent comes into the call: their page or phone is rung by us, or their desk phone dialled by itself. */
export type AgentWay = 'invited' | 'inviting';

export interface Dialled {
  /** `agent`: the agent's own leg is being had. `outside`: the other party is being called. `failed`: and cannot be had. */
  readonly stage: 'agent' | 'outside' | 'failed' | 'connected';
  readonly way: AgentWay;
  /** The device of the agent that is rung; null where a desk phone dialled by itself. */
  readonly deviceId: string | null;
  /** The agent asked for it at the desk just now, so the page takes our INVITE by itself. */
  readonly auto: boolean;
  /** Our INVITE to the party carries no offer: theirs comes in the 200 (RFC 3261 section 13.2.1). */
  readonly lateOffer: boolean;
  /** The queue it is made for: it says how long the wrap-up is, and what is played on hold. */
  readonly queueId: QueueId | null;
  /** Wrap-up also when nobody answered. */
  readonly wrapUpUnanswered: boolean;
  readonly holdMusic: readonly string[];
  /** Whose tones the agent hears (ISO 3166). */
  readonly country: string;
  /** How long the party may ring, ms. */
  readonly ringMs: number;
  /** Whom we call now, and whom we have called: a redirection is not followed in circles. */
  readonly target: string;
  readonly tried: readonly string[];
  /** When the INVITE to the party went out. */
  readonly calledAt: number | null;
  /** They ring (180). */
  readonly rung: boolean;
  /** The media node has taken in the SDP of a provisional answer: what the far side says before the answer is heard. */
  readonly early: boolean;
  /** And they do say something: a packet came. */
  readonly heard: boolean;
  /** Descriptions of the far side that the media node is still taking in. */
  readonly taking: number;
  /** Our answer to the INVITE of the agent's desk phone, until it is sent. */
  readonly answer: string | null;
  readonly failure: DialFailure | null;
}

/** A call as an agent (or somebody for them) asks for it. */
export interface Dialling {
  readonly callId: CallId;
  readonly agentId: AgentId;
  /** The number to call and the number to show ('': whichever the trunk shows). */
  readonly to: string;
  readonly from: string;
  readonly way: AgentWay;
  /** The agent's device, and whether it is the page or a desk phone. */
  readonly deviceId: string | null;
  readonly kind: EndpointKind;
  readonly auto: boolean;
  readonly lateOffer: boolean;
  /** Who asked: the agent's desk, their phone, or an account of the API. */
  readonly by: string;
  readonly language: Language;
  readonly queueId: QueueId | null;
  readonly wrapUpUnanswered: boolean;
  readonly holdMusic: readonly string[];
  readonly country: string;
  /** How long the agent's own phone may ring, and then the party's, ms. */
  readonly agentRingMs: number;
  readonly ringMs: number;
  /** The call may last this long, ms. */
  readonly longestMs: number;
}

/** Contacts of a redirection that are followed at most (RFC 3261 section 8.1.3.4 leaves it to us). */
export const mostRedirections = 4;
/** How long the agent hears and sees why it came to nothing, ms. */
export const failureMs = 4000;

/** What a final answer (RFC 3261 section 21) says of the party. `rung`: it rang before. */
export function failureCause(status: number, rung: boolean): DialFailureCause {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 408:
    case 480:
    case 487:
      return rung ? 'no-answer' : 'unreachable';
    case 401:
    case 403:
    case 407:
    case 433:
    case 603:
    case 607:
    case 608:
      return 'rejected';
    case 404:
    case 410:
    case 414:
    case 416:
    case 484:
    case 485:
    case 604:
      return 'wrong-number';
    case 406:
    case 415:
    case 488:
    case 606:
      return 'unsupported-media';
    default:
      return status >= 300 && status < 400 ? 'redirect-refused' : 'unreachable';
  }
}

/** The number a redirection names that was not called yet. Its host does not count: our trunk takes the call there, or not. */
export function nextTarget(
  { tried }: { readonly tried: readonly string[] },
  contacts: readonly string[],
): string | undefined {
  if (tried.length > mostRedirections) return undefined;
  return contacts
    .flatMap((contact) => /^<?(?:sips?|tel):(\+?[0-9*#]{2,32})(?:[@;>?]|$)/i.exec(contact.trim())?.[1] ?? [])
    .find((number) => !tried.includes(number));
}

/** Which tone says it: busy, or that the way there is blocked (ITU-T E.180). */
export function toneOf(cause: DialFailureCause): Tone {
  return cause === 'busy' || cause === 'rejected' ? 'busy' : 'congestion';
}
