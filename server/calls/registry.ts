/** All calls of this server, and the way from a leg to its call. */
import type { CallEvent } from './events.ts';
import { type CallPorts, CallRunner, type CallWatcher } from './runner.ts';
import { type CallState, hasEnded } from './state.ts';
import type { Dialling } from './dialled.ts';
import { admit, admitDialled, type Invitation } from './transition.ts';

/** Legs are named after their call: `<callId>.c` is the caller's. */
export function callOfLeg(legId: string): string {
  const dot = legId.indexOf('.');
  return dot < 0 ? legId : legId.slice(0, dot);
}

export class Calls {
  readonly #ports: CallPorts;
  readonly #watcher: CallWatcher;
  readonly #runners = new Map<string, CallRunner>();

  constructor(ports: CallPorts, watcher: CallWatcher) {
    this.#ports = ports;
    this.#watcher = watcher;
  }

  /** Takes in a new call. Its caller's leg is `<callId>.c`. */
  admit(invitation: Invitation, inviteSdp: string): void {
    const first = admit(invitation, this.#ports.clock.now());
    this.#add(first.state, inviteSdp).begin(first);
  }

  /** Makes a call that an agent asked for; `inviteSdp` is what their desk phone offered, if that is how they asked. */
  dial(asked: Dialling, inviteSdp = ''): void {
    const first = admitDialled(asked, this.#ports.clock.now());
    this.#add(first.state, inviteSdp).begin(first);
  }

  /** Takes up a call from its snapshot, after a restart. What was lost meanwhile is posted afterwards. */
  restore(state: CallState): void {
    this.#add(state, '').resume();
  }

  get(callId: string): CallState | undefined {
    return this.#runners.get(callId)?.state;
  }

  /** Posts to a call; false if there is none such (any more). */
  post(callId: string, event: CallEvent): boolean {
    const runner = this.#runners.get(callId);
    runner?.post(event);
    return runner !== undefined;
  }

  postToLeg(legId: string, event: CallEvent): boolean {
    return this.post(callOfLeg(legId), event);
  }

  /** Posts what the media node said about a call. */
  postMedia(callId: string, event: CallEvent, seen: { readonly bootId: string; readonly seq: number }): boolean {
    const runner = this.#runners.get(callId);
    runner?.postMedia(event, seen);
    return runner !== undefined;
  }

  /** Every call, in the order they came. */
  all(): CallState[] {
    return [...this.#runners.values()].map((runner) => runner.state);
  }

  /** How many have a leg left. */
  get active(): number {
    let count = 0;
    for (const runner of this.#runners.values()) if (!hasEnded(runner.state)) count++;
    return count;
  }

  /** Ends every call politely and waits until that is said. */
  async endAll(): Promise<void> {
    for (const runner of this.#runners.values()) runner.post({ type: 'hang-up-asked', cause: 'site-stopped' });
    await Promise.all([...this.#runners.values()].map((runner) => runner.settled()));
  }

  close(): void {
    for (const runner of this.#runners.values()) runner.close();
    this.#runners.clear();
  }

  #add(state: CallState, inviteSdp: string): CallRunner {
    const watcher: CallWatcher = {
      changed: (next) => this.#watcher.changed(next),
      retired: (last) => {
        this.#runners.get(last.callId)?.close();
        this.#runners.delete(last.callId);
        this.#watcher.retired(last);
      },
    };
    const runner = new CallRunner(this.#ports, watcher, state, inviteSdp);
    this.#runners.set(state.callId, runner);
    return runner;
  }
}
