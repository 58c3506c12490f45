/** What the ears hear, on its way to the desk and the ledger: transcript lines, and alerts where a rule speaks up. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Alert, TranscriptLine } from '../protocol/desk.ts';
import type { Observation, Phrase } from '../protocol/media.ts';
import type { CallState } from './calls/index.ts';
import type { Desks } from './desks.ts';
import type { Ledger } from './ledger/index.ts';
import type { Rows } from './rows.ts';

export interface ListeningOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly rows: Rows;
  readonly nextId: () => string;
  readonly call: (callId: string) => CallState | undefined;
  readonly desks: () => Desks;
  /** The phrases to spot have changed. */
  readonly onPhrases: (revision: number, phrases: readonly Phrase[]) => void;
}

/** What was heard in one call. */
interface Heard {
  readonly transcript: Map<string, TranscriptLine>;
  readonly alerts: Map<string, Alert>;
}

export class Listening {
  readonly #options: ListeningOptions;
  readonly #heard = new Map<string, Heard>();
  #revision = 0;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  get summary(): string {
    return 'no rules';
  }

  /** Tells the media node which phrases to spot. */
  tellPhrases(): void {
    this.#options.onPhrases(++this.#revision, []);
  }

  observe(observation: Observation): void {
    const { callId, endpointId, utteranceId, kind, text } = observation;
    const call = this.#options.call(callId);
    if (call === undefined || kind === 'spotted') return;
    const speaker = endpointId === call.caller.legId ? 'caller' : 'agent';
    const heard = this.#heardIn(callId);
    const known = heard.transcript.get(utteranceId);
    if (known?.final === true) return;
    const line: TranscriptLine = {
      utteranceId,
      speaker,
      text,
      final: kind === 'final',
      at: known?.at ?? this.#options.clock.now(),
    };
    heard.transcript.set(utteranceId, line);
    this.#options.desks().transcriptChanged(callId, line);
    if (!line.final || text === '') return;
    const facts = { speaker, utterance: utteranceId, startMs: observation.startMs, endMs: observation.endMs };
    this.#options.rows.put({ type: 'transcript-heard', callId, facts, personal: { text } });
  }

  past(callId: string): { readonly transcript: TranscriptLine[]; readonly alerts: Alert[] } {
    const heard = this.#heardIn(callId);
    return { transcript: [...heard.transcript.values()], alerts: [...heard.alerts.values()] };
  }

  acknowledge(_callId: string, _alertId: string, _agentId: string): boolean {
    return false;
  }

  callOver(callId: string): void {
    this.#heard.delete(callId);
  }

  #heardIn(callId: string): Heard {
    const known = this.#heard.get(callId);
    if (known !== undefined) return known;
    const heard: Heard = { transcript: new Map(), alerts: new Map() };
    this.#heard.set(callId, heard);
    return heard;
  }
}
