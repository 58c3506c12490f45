/** The options of `call CALLED`, checked before anything is dialled. */
import { readFile } from 'node:fs/promises';
import { loadConfig } from '../../server/config.ts';
import type { CodecName, HostPort } from '../caller/index.ts';
import { readWav, resample } from '../caller/index.ts';
import type { SpokenLanguage } from '../caller/speech.ts';
import { cannedText, renderSpeech, SpeechError } from '../caller/speech.ts';
import { numberWithin, oneOf } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { CliError, exitCodes } from '../terminal.ts';
import { callTexts } from '../texts/call.ts';
import { speaker } from '../texts/text.ts';

/** As commander hands them over. */
export interface RawPlaceOptions {
  readonly say?: string;
  readonly play?: string;
  readonly digits: string;
  readonly digitsAfter: string;
  readonly sayAfter: string;
  readonly sayTimes?: string;
  readonly sayEvery: string;
  readonly record?: string;
  readonly from: string;
  readonly toHost?: string;
  readonly transport: string;
  readonly codec?: string;
  readonly duration?: string;
  readonly language: string;
  readonly json?: boolean;
}

/** What is to be said, and how it is named in the progress lines. */
export interface Words {
  readonly samples: Int16Array;
  readonly name: string;
}

/** Checked. Times in milliseconds. */
export interface PlaceOptions {
  readonly called: string;
  readonly to: HostPort;
  readonly transport: 'udp' | 'tcp';
  readonly from: string;
  readonly codecs: readonly CodecName[];
  readonly digits: string;
  readonly digitsAfterMs: number;
  readonly words?: Words | undefined;
  readonly sayAfterMs: number;
  readonly sayTimes: number;
  readonly sayEveryMs: number;
  readonly record?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly json: boolean;
}

type Say = (key: keyof typeof callTexts & string, facts?: Record<string, string | number>) => string;

const usage = (message: string): CliError => new CliError(exitCodes.usage, message);

/** `host`, `host:port` or `[v6]:port`; the port is 5060 unless it is named. */
export function readHostPort(text: string): HostPort | undefined {
  const found = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = Number(found?.[3] ?? 5060);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Without `--to-host`: this site's own SIP port, else SIP's. */
function ownSite(terminal: Terminal): HostPort {
  const config = loadConfig(terminal.root);
  if (!config.ok) return { host: '127.0.0.1', port: 5060 };
  const { bind } = config.value.network;
  return { host: bind === '0.0.0.0' ? '127.0.0.1' : bind, port: config.value.sip.port };
}

async function readPlayed(file: string, say: Say): Promise<Words> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw usage(say('no-file', { file, reason: error instanceof Error ? error.message : String(error) }));
  }
  const wav = readWav(bytes);
  if (typeof wav === 'string') throw usage(say(wav, { file }));
  return { samples: resample(wav.samples, wav.sampleRate, 8000), name: file };
}

async function speak(text: string, language: SpokenLanguage, terminal: Terminal, say: Say): Promise<Words> {
  if (text.trim() === '') throw usage(say('empty-say'));
  try {
    const speech = await renderSpeech(text, language);
    if (speech.missing.length === 0) return { samples: speech.samples, name: `"${text}"` };
    terminal.err(say('no-speech', { programs: speech.missing.join(' '), text: cannedText }));
    return { samples: speech.samples, name: `"${cannedText}"` };
  } catch (error) {
    if (error instanceof SpeechError)
      throw new CliError(exitCodes.failed, say('speech-failed', { reason: error.message }));
    throw error;
  }
}

function checkParties(called: string, raw: RawPlaceOptions, say: Say): void {
  if (!/^sips?:[^\s<>"]+$/i.test(called) && !/^[A-Za-z0-9+*#_.!~'()%-]{1,64}$/.test(called))
    throw usage(say('bad-called', { called }));
  if (!/^[A-Za-z0-9+*#_.-]{1,64}$/.test(raw.from)) throw usage(say('bad-number', { number: raw.from }));
  if (!/^[0-9*#A-DWa-dw,]{0,64}$/.test(raw.digits)) throw usage(say('bad-digits', { digits: raw.digits }));
}

/** Checks all options and prepares what is to be said. Throws `CliError`. */
export async function readPlaceOptions(
  called: string,
  raw: RawPlaceOptions,
  terminal: Terminal,
): Promise<PlaceOptions> {
  const say = speaker(callTexts, terminal.language);
  const ms = (option: string, value: string): number => numberWithin(terminal, option, value, 0, 3_600_000);
  checkParties(called, raw, say);
  const to = raw.toHost === undefined ? ownSite(terminal) : readHostPort(raw.toHost);
  if (to === undefined) throw usage(say('bad-host', { host: raw.toHost ?? '' }));
  if (raw.say !== undefined && raw.play !== undefined) throw usage(say('say-or-play'));
  const checked = {
    called,
    to,
    transport: oneOf(terminal, '--transport', raw.transport, ['udp', 'tcp']),
    from: raw.from,
    codecs:
      raw.codec === undefined ? (['pcmu', 'pcma'] as const) : [oneOf(terminal, '--codec', raw.codec, ['pcmu', 'pcma'])],
    digits: raw.digits,
    digitsAfterMs: ms('--digits-after', raw.digitsAfter),
    sayAfterMs: ms('--say-after', raw.sayAfter),
    sayEveryMs: ms('--say-every', raw.sayEvery),
    sayTimes: numberWithin(terminal, '--say-times', raw.sayTimes ?? (raw.play === undefined ? '3' : '1'), 1, 1000),
    record: raw.record,
    durationMs:
      raw.duration === undefined ? undefined : numberWithin(terminal, '--duration', raw.duration, 0, 86_400) * 1000,
    json: raw.json ?? false,
  };
  const language = oneOf(terminal, '--language', raw.language, ['en', 'zh']);
  if (raw.play !== undefined) return { ...checked, words: await readPlayed(raw.play, say) };
  if (raw.say !== undefined) return { ...checked, words: await speak(raw.say, language, terminal, say) };
  return checked;
}
