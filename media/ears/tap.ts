import { assertNever } from '../../base/assert-never.ts';
import type { Observation } from '../../protocol/media.ts';
import { defaultGate, gate, quiet, type GateState } from './gate.ts';
import { frameMs, frameSamples, type TapSink, type TapSpeaker } from './ports.ts';
import type { Heard, Recogniser } from './recogniser.ts';
import type { VoiceDetector } from './vad.ts';

export interface ListeningTapOptions {
  /** The tap as the recogniser knows it. */
  readonly number: number;
  readonly speaker: TapSpeaker;
  readonly recogniser: Recogniser;
  readonly detector: VoiceDetector;
  /** Makes the ids of this tap's utterances unique for ever. */
  readonly prefix: string;
  readonly observe: (observation: Observation) => void;
  /** Called once, when the last text of a closed tap has come. */
  readonly gone: () => void;
}

interface Utterance {
  readonly number: number;
  readonly startMs: number;
  endMs: number;
  /** Where in the utterance each phrase was spotted last. */
  readonly spotted: Map<string, number>;
  /** Whether anything was heard of it: then a final text is due, even an empty one. */
  told: boolean;
}

/** The same phrase spotted so near is the same saying: phrases compiled anew are sought in the whole utterance again. */
const sameSayingMs = 400;

/** One speaker being heard: cuts frames into utterances, and gives what the recogniser hears its place and time. */
export class ListeningTap implements TapSink {
  readonly #options: ListeningTapOptions;
  readonly #recent: Int16Array[] = [];
  readonly #utterances = new Map<number, Utterance>();
  #state: GateState = quiet;
  #open: Utterance | undefined;
  #lastNumber = 0;
  #closed = false;

  constructor(options: ListeningTapOptions) {
    this.#options = options;
  }

  write(frame: Int16Array, mediaTimeMs: number): void {
    if (this.#closed || frame.length !== frameSamples) return;
    const { recogniser, number, detector } = this.#options;
    const { state, step } = gate(this.#state, detector.voiced(frame));
    this.#state = state;
    switch (step) {
      case 'none':
        this.#keep(frame);
        return;
      case 'open':
        this.#keep(frame);
        this.#begin(mediaTimeMs + frameMs);
        return;
      case 'go-on':
        recogniser.write(number, frame);
        this.#extend(mediaTimeMs + frameMs);
        return;
      case 'close':
        recogniser.write(number, frame);
        this.#end();
        return;
      default:
        assertNever(step);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end();
    this.#options.detector.close();
    this.#leaveWhenDone();
  }

  /** Takes what the recogniser heard in this tap. */
  hear(heard: Heard): void {
    const utterance = this.#utterances.get(heard.utterance);
    if (utterance === undefined) return;
    switch (heard.type) {
      case 'partial':
        this.#observe(utterance, { kind: 'partial', text: heard.text });
        return;
      case 'final':
        if (heard.text !== '' || utterance.told)
          this.#observe(utterance, { kind: 'final', text: heard.text, confidence: heard.confidence });
        this.#utterances.delete(heard.utterance);
        this.#leaveWhenDone();
        return;
      case 'spotted':
        if (Math.abs((utterance.spotted.get(heard.phraseId) ?? -Infinity) - heard.startMs) < sameSayingMs) return;
        utterance.spotted.set(heard.phraseId, heard.startMs);
        this.#observe(utterance, {
          kind: 'spotted',
          text: heard.text,
          phraseId: heard.phraseId,
          startMs: utterance.startMs + heard.startMs,
          endMs: utterance.startMs + heard.endMs,
        });
        return;
      default:
        assertNever(heard);
    }
  }

  #keep(frame: Int16Array): void {
    this.#recent.push(frame.slice());
    if (this.#recent.length > defaultGate.preRoll) this.#recent.shift();
  }

  #begin(endMs: number): void {
    const { recogniser, number } = this.#options;
    const startMs = Math.max(0, endMs - this.#recent.length * frameMs);
    this.#open = { number: ++this.#lastNumber, startMs, endMs, spotted: new Map(), told: false };
    this.#utterances.set(this.#open.number, this.#open);
    recogniser.begin(number, this.#open.number);
    for (const frame of this.#recent.splice(0)) recogniser.write(number, frame);
  }

  #extend(endMs: number): void {
    if (this.#open !== undefined) this.#open.endMs = endMs;
  }

  #end(): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#options.recogniser.end(this.#options.number);
  }

  #leaveWhenDone(): void {
    if (!this.#closed || this.#utterances.size > 0) return;
    this.#options.recogniser.forget(this.#options.number);
    this.#options.gone();
  }

  #observe(
    utterance: Utterance,
    what: Pick<Observation, 'kind' | 'text'> &
      Partial<Pick<Observation, 'phraseId' | 'startMs' | 'endMs'>> & { readonly confidence?: number | undefined },
  ): void {
    const { speaker, prefix, observe } = this.#options;
    const { confidence, ...rest } = what;
    utterance.told = true;
    observe({
      type: 'observation',
      callId: speaker.callId,
      endpointId: speaker.endpointId,
      language: speaker.language,
      utteranceId: `${prefix}-${utterance.number}`,
      startMs: utterance.startMs,
      endMs: utterance.endMs,
      ...(confidence === undefined ? {} : { confidence }),
      ...rest,
    });
  }
}
