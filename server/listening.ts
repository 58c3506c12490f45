/** What the ears hear, on its way to the desk and the ledger: transcript lines, and alerts where a rule speaks up. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { type Alert, alert as alertSchema, type TranscriptLine } from '../protocol/desk.ts';
import type { MediaResult, Observation, Phrase } from '../protocol/media.ts';
import type { CallState } from './calls/index.ts';
import type { Desks } from './desks.ts';
import {
  type CompiledRules,
  diagnosticLine,
  type InsightState,
  type NewAlert,
  nothingHeard,
  phrasesOf,
  type RulesWatch,
  transition,
  unheardPhrases,
  watchRules,
} from './insight/index.ts';
import type { Ledger, LedgerRow } from './ledger/index.ts';
import type { Rows } from './rows.ts';

type Rejected = MediaResult<'setPhrases'>['rejected'];

export interface ListeningOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly rows: Rows;
  readonly nextId: () => string;
  readonly call: (callId: string) => CallState | undefined;
  readonly desks: () => Desks;
  /** Gives the media node the phrases to spot; resolves with those it cannot. */
  readonly setPhrases: (revision: number, phrases: readonly Phrase[]) => Promise<Rejected>;
}

/** What was heard in one call. */
interface Heard {
  readonly transcript: Map<string, TranscriptLine>;
  readonly alerts: Map<string, Alert>;
  insight: InsightState;
}

export class Listening {
  readonly #options: ListeningOptions;
  readonly #heard = new Map<string, Heard>();
  #watch: RulesWatch | undefined;
  #problems = 0;
  #revision = 0;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  /** Reads the rules and watches them. Resolves after the first reading, right or wrong. */
  async start(): Promise<void> {
    this.#watch = await watchRules(this.#options.directory, (compiled) => this.#rulesRead(compiled));
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  /** The rules in one line, for the status. */
  get summary(): string {
    const rules = this.#watch?.rules ?? [];
    const wrong = this.#problems === 0 ? '' : `; the files on disk are refused (${this.#problems} problems)`;
    return `${rules.length} rules, ${phrasesOf(rules).length} phrases${wrong}`;
  }

  /** Tells the media node which phrases to spot; again after each change and each new connection. */
  tellPhrases(): void {
    const rules = this.#watch?.rules ?? [];
    this.#options.setPhrases(++this.#revision, phrasesOf(rules)).then(
      (rejected) => {
        for (const diagnostic of unheardPhrases(rules, rejected))
          this.#options.logger.warn({ diagnostic: diagnosticLine(diagnostic) }, 'a phrase is found in the text only');
      },
      (err: unknown) => this.#options.logger.warn({ err }, 'the phrases could not be told to the media node'),
    );
  }

  /** Takes in what a tap heard. */
  observe(observation: Observation): void {
    const { callId, endpointId } = observation;
    const call = this.#options.call(callId);
    if (call === undefined) return;
    const speaker = endpointId === call.caller.legId ? 'caller' : 'agent';
    const heard = this.#heardIn(callId);
    // The media node tells again what a server before this one may have taken in already.
    if (heard.transcript.get(observation.utteranceId)?.final === true) return;
    this.#judge(heard, observation, speaker);
    if (observation.kind !== 'spotted') this.#write(heard, observation, speaker);
  }

  /** What is known of a call, from memory or (after a restart) from the ledger. */
  past(callId: string): { readonly transcript: TranscriptLine[]; readonly alerts: Alert[] } {
    const heard = this.#heardIn(callId);
    return { transcript: [...heard.transcript.values()], alerts: [...heard.alerts.values()] };
  }

  /** Marks an alert as read; false if there is none such. */
  acknowledge(callId: string, alertId: string, agentId: string): boolean {
    const heard = this.#heardIn(callId);
    const alert = heard.alerts.get(alertId);
    if (alert === undefined) return false;
    if (alert.acknowledged) return true;
    const acknowledged = { ...alert, acknowledged: true };
    heard.alerts.set(alertId, acknowledged);
    this.#options.rows.put({ type: 'alert-acknowledged', callId, agentId, facts: { alertId, rule: alert.ruleId } });
    this.#options.desks().alertChanged(acknowledged);
    return true;
  }

  callOver(callId: string): void {
    this.#heard.delete(callId);
  }

  #write(heard: Heard, observation: Observation, speaker: 'caller' | 'agent'): void {
    const { callId, utteranceId, text, kind, startMs, endMs } = observation;
    const at = heard.transcript.get(utteranceId)?.at ?? this.#options.clock.now();
    const line: TranscriptLine = { utteranceId, speaker, text, final: kind === 'final', at };
    heard.transcript.set(utteranceId, line);
    this.#options.desks().transcriptChanged(callId, line);
    if (!line.final || text === '') return;
    const facts = { speaker, utterance: utteranceId, startMs, endMs, language: observation.language };
    this.#options.rows.put({ type: 'transcript-heard', callId, facts, personal: { text } });
  }

  #judge(heard: Heard, observation: Observation, speaker: 'caller' | 'agent'): void {
    const { utteranceId, language, kind, text, phraseId, callId } = observation;
    const said = { speaker, utteranceId, language, kind, text, phraseId };
    const { state, alerts } = transition(heard.insight, said, this.#watch?.rules ?? [], this.#options.clock.now());
    heard.insight = state;
    for (const alert of alerts) this.#raise(heard, callId, alert, observation.endMs);
  }

  #raise(heard: Heard, callId: string, drafted: NewAlert, endMs: number): void {
    const { utteranceId, evidence, ...alert } = drafted;
    const alertId = this.#options.nextId();
    const raised: Alert = { ...alert, alertId, callId, evidence, acknowledged: false };
    heard.alerts.set(alertId, raised);
    this.#options.desks().alertChanged(raised);
    const { ruleId: rule, severity, speaker, title, advice } = alert;
    const facts = { alertId, rule, severity, speaker, utterance: utteranceId, endMs, title, advice };
    this.#options.rows.put({ type: 'alert-raised', callId, facts, personal: { evidence } });
  }

  #rulesRead({ rules, diagnostics }: CompiledRules): void {
    const { logger, rows } = this.#options;
    const lines = diagnostics.map((diagnostic) => diagnosticLine(diagnostic));
    this.#problems = rules === undefined ? diagnostics.length : 0;
    for (const line of lines) logger.warn({ diagnostic: line }, 'a rule file has a problem');
    if (rules === undefined) {
      rows.put({ type: 'rules-rejected', facts: { diagnostics: lines.slice(0, 20) } });
      return;
    }
    rows.put({ type: 'rules-loaded', facts: { rules: rules.map((rule) => rule.id) } });
    this.tellPhrases();
  }

  #heardIn(callId: string): Heard {
    const known = this.#heard.get(callId);
    if (known !== undefined) return known;
    const heard = fromLedger(callId, this.#options.ledger.rows({ callId }));
    this.#heard.set(callId, heard);
    return heard;
  }
}

/** What the ledger tells of a call that began before this server did. */
function fromLedger(callId: string, rows: readonly LedgerRow[]): Heard {
  const heard: Heard = { transcript: new Map(), alerts: new Map(), insight: nothingHeard };
  for (const { type, at, facts, personal } of rows) {
    if (type === 'transcript-heard') {
      const utteranceId = String(facts['utterance']);
      const speaker = facts['speaker'] === 'agent' ? 'agent' : 'caller';
      heard.transcript.set(utteranceId, {
        utteranceId,
        speaker,
        text: String(personal?.['text'] ?? ''),
        final: true,
        at,
      });
    }
    if (type === 'alert-raised') remember(heard, callId, at, { ...facts, ...personal });
    if (type === 'alert-acknowledged') {
      const alert = heard.alerts.get(String(facts['alertId']));
      if (alert !== undefined) heard.alerts.set(alert.alertId, { ...alert, acknowledged: true });
    }
  }
  return heard;
}

function remember(heard: Heard, callId: string, at: number, told: Readonly<Record<string, unknown>>): void {
  const read = alertSchema.safeParse({ evidence: '', ...told, ruleId: told['rule'], callId, at, acknowledged: false });
  if (!read.success) return;
  const alert = read.data;
  heard.alerts.set(alert.alertId, alert);
  const mention = { utteranceId: String(told['utterance']), at };
  const mentions = [...(heard.insight.rules[alert.ruleId]?.mentions ?? []), mention];
  heard.insight = { rules: { ...heard.insight.rules, [alert.ruleId]: { mentions, alertedAt: at } } };
}
