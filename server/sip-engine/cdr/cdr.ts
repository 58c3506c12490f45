import type { Clock } from '../../../base/clock.ts';
import type { Apps } from '../control/apps.ts';
import { metaTime } from '../control/meta.ts';
import type { SipMessage, SipResponse } from '../parser/message.ts';
import { writeMessage } from '../parser/write.ts';

/** Who sent the message a record is about: the far end, or this side (app or engine). */
export type CdrSource = 'network' | 'application';

/** What this side was in the call. */
export type CdrRole = 'uac' | 'uas' | 'proxy-uac' | 'proxy-uas';

/** Why a call, or an attempt at one, ended. */
export type CdrReason =
  | 'call-rejected'
  | 'call-canceled'
  | 'normal-release'
  | 'session-expired'
  | 'system-initiated-termination'
  | 'system-error-initiated-termination';

/**
 * Call detail records as events for apps, section 11 of the control protocol: each goes to one of the apps that routed
 * it, in turn, and is not answered. Costs one look at the list of apps a call where nobody routed them.
 */
export class Cdr {
  readonly #apps: Apps;
  readonly #clock: Clock;
  readonly #on: boolean;

  constructor(apps: Apps, clock: Clock, on: boolean) {
    this.#apps = apps;
    this.#clock = clock;
    this.#on = on;
  }

  /** True when somebody would hear of that event. */
  wanted(event: 'attempt' | 'start' | 'stop'): boolean {
    return this.#on && this.#apps.routes(`cdr:${event}`);
  }

  /** An INVITE came or went. */
  attempt(source: CdrSource, invite: SipMessage): void {
    this.#send('attempt', source, '', invite);
  }

  /** The first final answer to an INVITE: a call began or was refused. */
  answered(source: CdrSource, role: CdrRole, answer: SipResponse): void {
    if (answer.status < 300) this.#send('start', source, `|${role}`, answer);
    else this.stop(source, 'call-rejected', answer);
  }

  /** A call or an attempt is over, by this message. */
  stop(source: CdrSource, reason: CdrReason, message: SipMessage | Buffer): void {
    this.#send('stop', source, `|${reason}`, message);
  }

  #send(event: 'attempt' | 'start' | 'stop', source: CdrSource, more: string, message: SipMessage | Buffer): void {
    if (!this.#on) return;
    const app = this.#apps.pick(`cdr:${event}`);
    if (app === undefined) return;
    const sip = Buffer.isBuffer(message) ? message : writeMessage(message);
    app.tell(`cdr:${event}|${source}|${metaTime(this.#clock.now())}${more}`, sip);
  }
}
