/** The compiled dialplan: what the files mean once every name in them is known to exist. Deeply frozen, never changed. */
import type { Label, NumberPattern } from './plan-parts.ts';
import type { OutboundRule, Trunk } from './trunk-plan.ts';

export type * from './plan-parts.ts';

/** BCP 47 language a site may speak. */
export type Language = 'en-US' | 'zh-CN';

/** A recording: the absolute path of a WAV file and its length. */
export interface Sound {
  readonly path: string;
  readonly lengthMs: number;
}

/** What the files call a prompt, and what a caller of each language is played for it, in order. */
export interface Prompt {
  readonly name: string;
  readonly sounds: Readonly<Record<Language, readonly Sound[]>>;
}

/** A skill and the least level (1-5) of it that is asked for. */
export interface Requirement {
  readonly skill: string;
  readonly minLevel: number;
}

/** Where a menu's key leads. `language`: the call speaks that language from then on. */
export interface MenuKey {
  readonly digit: string;
  readonly label: Label | null;
  readonly language: Language | null;
  readonly next: string;
}

/** One node of a route. `next`, `otherwise` and the like name a step of the same route. */
export type Step =
  | {
      readonly type: 'play';
      readonly id: string;
      readonly prompts: readonly Prompt[];
      readonly bargeIn: boolean;
      readonly next: string;
    }
  | {
      readonly type: 'menu';
      readonly id: string;
      readonly prompts: readonly Prompt[];
      readonly bargeIn: boolean;
      readonly keys: readonly MenuKey[];
      readonly timeoutMs: number;
      /** How often the menu may be asked again after a wrong key or silence. */
      readonly retries: number;
      readonly onInvalid: readonly Prompt[];
      readonly onTimeout: readonly Prompt[];
      readonly otherwise: string;
    }
  | {
      readonly type: 'queue';
      readonly id: string;
      readonly queue: string;
      readonly requirements: readonly Requirement[];
      readonly priority: number;
      /** Zero: waits without limit. */
      readonly maxWaitMs: number;
      readonly onTimeout: string;
      readonly onClosed: string;
    }
  | {
      readonly type: 'hours';
      readonly id: string;
      readonly hours: string;
      readonly open: string;
      readonly closed: string;
      readonly holiday: string;
    }
  | { readonly type: 'transfer'; readonly id: string; readonly to: string; readonly otherwise: string }
  | { readonly type: 'hangup'; readonly id: string; readonly cause: HangupCause }
  | { readonly type: 'answer'; readonly id: string; readonly next: string };
export type StepType = Step['type'];

/** Why a plan ends a call; `server/sip` turns it into a SIP status or a BYE reason. */
export type HangupCause = 'normal' | 'busy' | 'rejected' | 'unavailable' | 'not-found';

/** Calls to these numbers start at this step. */
export interface Route {
  readonly id: string;
  readonly name: Label;
  readonly numbers: readonly NumberPattern[];
  /** The trunks whose calls it takes; null: all calls. */
  readonly trunks: readonly string[] | null;
  /** The attestations it takes; null: any. */
  readonly attestations: readonly string[] | null;
  readonly language: Language;
  /** `always never on-demand` or a share such as `25%`; null: it says nothing. */
  readonly record: string | null;
  /** Whether anybody may call it from a browser, and with what; null: nobody. */
  readonly web: 'audio' | 'video' | null;
  /** The codec of its pictures, and with H.264 whether SIP phones are seen; null: it says nothing. */
  readonly video: 'vp8' | 'h264' | null;
  /** SIP address of an outside recorder; null: it says nothing. */
  readonly recordTo: string | null;
  readonly start: string;
  readonly steps: ReadonlyMap<string, Step>;
  /** The file it is written in, relative to the folder. */
  readonly file: string;
}

/** A waiting line. Times in milliseconds. */
export interface Queue {
  readonly id: string;
  readonly name: Label;
  readonly requirements: readonly Requirement[];
  /** True: only agents who speak the caller's language. */
  readonly matchLanguage: boolean;
  /** 0-9, higher first. */
  readonly priority: number;
  /** How long an offer rings before it counts as missed. */
  readonly ringMs: number;
  readonly wrapUpMs: number;
  /** Wrap-up also after a call that an agent made and nobody answered. */
  readonly wrapUpUnanswered: boolean;
  /** Zero: no limit. */
  readonly maxWaitMs: number;
  /** Calls answered within this are within the service level. */
  readonly serviceLevelMs: number;
  /** Absolute paths; played over and over. */
  readonly holdMusic: readonly string[];
  readonly announcement: { readonly prompts: readonly Prompt[]; readonly everyMs: number } | null;
  /** The hours outside which it takes nobody in; null: always open. */
  readonly hours: string | null;
  /** As a route's; it counts before that. */
  readonly record: string | null;
  /** SIP address of an outside recorder; null: it says nothing. */
  readonly recordTo: string | null;
  /** Days after which recordings are removed; null: as configured. */
  readonly keepRecordingsDays: number | null;
}

/** Minutes of a day, `[from, to)`; `to` may be 1440. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Opening hours in a time zone. */
export interface Hours {
  readonly id: string;
  readonly zone: string;
  /** By weekday, 0 = Sunday. */
  readonly week: readonly (readonly Period[])[];
  /** By ISO date; an empty list is a closed day. `holiday` days also take the holiday branch. */
  readonly dates: ReadonlyMap<
    string,
    { readonly periods: readonly Period[]; readonly holiday: boolean; readonly name: string | null }
  >;
}

export interface Skill {
  readonly id: string;
  readonly name: Label;
}

/** The audio of one desk phone, as the plan has it; absent: as for all of them. */
export interface PhoneAudio {
  readonly codecs?: readonly ('PCMU' | 'PCMA' | 'G722' | 'opus')[];
  readonly dtmf?: 'auto' | 'rfc4733' | 'tone' | 'info';
  readonly srtp?: 'off' | 'optional' | 'required';
  readonly ice?: 'off' | 'taken' | 'offered';
  readonly silence?: { readonly afterMs: number; readonly then: 'end' | 'flag' };
}

/** An agent as the files describe one; the login is in the database. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly skills: ReadonlyMap<string, number>;
  readonly queues: readonly string[];
  readonly languages: readonly Language[];
  /** Absent: as the account says. */
  readonly role?: 'agent' | 'supervisor';
  /** Desk phones with an audio of their own, by name in small letters. */
  readonly phones?: ReadonlyMap<string, PhoneAudio>;
  /** False: their page has no pictures where the call has them. */
  readonly video?: false;
}

/** A code an agent chooses, with its texts: a disposition or a pause reason. */
export interface Choice {
  readonly code: string;
  readonly label: Label;
}

/** How this site writes numbers and which languages it speaks. */
export interface Site {
  readonly languages: readonly [Language, ...Language[]];
  /** E.164 country code without the plus. */
  readonly countryCode: string;
  /** Dialled before a national number, `0` in China; may be empty. */
  readonly nationalPrefix: string;
  readonly internationalPrefix: string;
  readonly zone: string;
  /** Whether agents see that a supervisor listens. */
  readonly supervision: 'announce' | 'silent';
}

/** Everything the files say. `version` names their exact content. */
export interface Plan {
  readonly version: string;
  readonly site: Site;
  readonly routes: ReadonlyMap<string, Route>;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly skills: ReadonlyMap<string, Skill>;
  readonly hours: ReadonlyMap<string, Hours>;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly dispositions: readonly Choice[];
  readonly pauseReasons: readonly Choice[];
  readonly trunks: ReadonlyMap<string, Trunk>;
  /** In the order in which they are tried. */
  readonly outbound: readonly OutboundRule[];
}
