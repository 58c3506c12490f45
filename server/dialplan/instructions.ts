/** What the interpreter says and hears: instructions out, inputs in, facts for the ledger. All of it is plain JSON. */
import type { HangupCause, Language, Requirement, StepType } from './plan.ts';

/** The call a plan is begun with. Numbers as they were dialled; `now` in ms since the epoch. */
export interface IncomingCall {
  readonly called: string;
  readonly caller: string;
  readonly language?: Language | undefined;
  /** The trunk it came in over; absent for a call that no trunk brought. */
  readonly trunk?: string | undefined;
  /** How its caller's number is attested; absent counts as `absent`. */
  readonly attestation?: string | undefined;
  /** The route it takes whatever was called: a call from a page was let in for one route. */
  readonly route?: string | undefined;
  readonly now: number;
}

/**
 * Where a call stands in its plan. JSON through and through: it is kept in snapshots and `resume` picks it up again.
 * `turn` grows with every instruction, so an outcome that belongs to an earlier instruction can be told apart and an id
 * such as a playId derived from it.
 */
export interface PlanPosition {
  readonly version: string;
  readonly route: string;
  readonly step: string;
  readonly turn: number;
  readonly language: Language;
  /** How often the current menu was asked again. */
  readonly retries: number;
  /** Set once the plan has ended the call; nothing more is expected then. */
  readonly ended: HangupCause | null;
}

/**
 * What the call is to do now; it stays in force until the next one.
 * - `play`: play the files once, then input `prompt-ended`. Pass digits on if `bargeIn`; otherwise too, they are ignored here.
 * - `menu`: play the files; a digit may come at any time if `bargeIn`, else after them. `timeoutMs` after the files ended
 *   without a digit: input `timeout`. `prompt-ended` may be passed on, it changes nothing.
 * - `queue`: make a ticket; input `queue-left` when it leaves the queue without an agent. Music plays till then.
 * - `transfer`: hand the caller over; input `transfer-ended`.
 * - `hangup`: the plan is over. Nothing more is expected.
 * - `wait`: nothing changes; go on with the instruction before.
 */
export type Instruction =
  | { readonly type: 'play'; readonly files: readonly string[]; readonly bargeIn: boolean }
  | {
      readonly type: 'menu';
      readonly files: readonly string[];
      readonly bargeIn: boolean;
      /** The digits that lead somewhere, such as `012`; others are answered by the plan too. */
      readonly accepts: string;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'queue';
      readonly queueId: string;
      readonly requirements: readonly Requirement[];
      /** Set when the agent must speak it. */
      readonly requiredLanguage: Language | null;
      readonly priority: number;
      readonly language: Language;
      readonly holdMusic: readonly string[];
      readonly announcement: { readonly files: readonly string[]; readonly everyMs: number } | null;
      /** Zero: no limit. */
      readonly maxWaitMs: number;
    }
  | { readonly type: 'transfer'; readonly to: string }
  | { readonly type: 'hangup'; readonly cause: HangupCause }
  | { readonly type: 'wait' };

/** What happened to the call under its current instruction. */
export type PlanInput =
  | { readonly type: 'prompt-ended' }
  | { readonly type: 'digit'; readonly digit: string }
  | { readonly type: 'timeout' }
  | { readonly type: 'queue-left'; readonly reason: 'timeout' | 'closed' }
  | { readonly type: 'transfer-ended'; readonly ok: boolean };

/** What the ledger is told about the way through the plan. `step` is the step's id in the route. */
export type PlanFact =
  | { readonly type: 'plan-begun'; readonly route: string; readonly version: string; readonly language: Language }
  | { readonly type: 'step-entered'; readonly step: string; readonly stepType: StepType }
  | { readonly type: 'prompt-played'; readonly step: string; readonly prompts: readonly string[] }
  | {
      readonly type: 'menu-chosen';
      readonly step: string;
      readonly digit: string;
      readonly label: string | null;
      readonly labelZh: string | null;
    }
  | {
      readonly type: 'menu-missed';
      readonly step: string;
      readonly reason: 'invalid' | 'timeout';
      readonly retry: number;
    }
  | { readonly type: 'hours-checked'; readonly step: string; readonly hours: string; readonly branch: HoursBranch }
  | { readonly type: 'language-chosen'; readonly step: string; readonly language: Language };
/** Which way the hours sent the call. */
export type HoursBranch = 'open' | 'closed' | 'holiday';

/** The plan moved (or not, then the instruction is `wait`). */
export interface PlanMove {
  readonly type: 'move';
  readonly position: PlanPosition;
  readonly instruction: Instruction;
  readonly facts: readonly PlanFact[];
  /** With the first move, where the route says it: the codec of the call's pictures. */
  readonly video?: 'vp8' | 'h264';
}
/** No route has the called number. */
export interface NoRoute {
  readonly type: 'no-route';
}
