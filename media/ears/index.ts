/** The ears: frames of a speaker in, observations (partial, final, spotted) out. See ports.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../base/clock.ts';
import { silentLogger, type Logger } from '../../base/logger.ts';
import { absentRecogniser } from './absent.ts';
import { RecognisingEars } from './ears.ts';
import { buildEars, earsInstall, englishModel } from './native/build.mjs';
import { PocketsphinxRecogniser } from './pocketsphinx.ts';
import type { Ears } from './ports.ts';
import type { Recogniser } from './recogniser.ts';
import { installedModel, type InstalledModel } from './sherpa/install.ts';
import { SherpaRecogniser } from './sherpa/recogniser.ts';

export type { Ears, RejectedPhrase, TapSink, TapSpeaker } from './ports.ts';
export { frameMs, frameSamples, noEars } from './ports.ts';
export { installedModel, installModel, removeModel } from './sherpa/install.ts';
export type { InstalledModel, InstallProblem } from './sherpa/install.ts';

export interface EarsOptions {
  /** The built child program; default: found in the cache, or built now if the machine has what that needs. */
  readonly program?: string | undefined;
  /** Folder of Debian's English model; default: where Debian puts it. */
  readonly model?: string | undefined;
  /** Utterances written down at the same time (each writer: 0.4 of a core while somebody speaks, 190 MB); 0: phrases only. Default 1. */
  readonly writers?: number | undefined;
  /** sherpa-onnx and its model for Chinese; default: what `jackfield ears install` left; null: none. */
  readonly chinese?: InstalledModel | null;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The command that makes English heard on a machine where it is not. */
export const englishHint = `${earsInstall} && npm start`;
/** The command that makes Chinese heard; FOLDER holds a streaming model of sherpa-onnx, which Debian does not have. */
export const chineseHint = './jackfield ears install zh FOLDER';

function english(options: EarsOptions): Recogniser {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const model = options.model ?? englishModel;
  const built = options.program === undefined ? buildEars() : { ok: true as const, path: options.program };
  const program = built.ok ? built.path : undefined;
  if (!built.ok) logger.warn({ reason: built.reason }, 'the English recogniser cannot be built');
  if (program === undefined || !existsSync(program) || !existsSync(join(model, 'en-us.lm.bin')))
    return absentRecogniser('en-US', englishHint);
  return new PocketsphinxRecogniser({ program, model, writers: options.writers ?? 1, clock, logger });
}

function chinese(options: EarsOptions): Recogniser {
  const installed = options.chinese === undefined ? installedModel('zh-CN') : (options.chinese ?? undefined);
  if (installed === undefined) return absentRecogniser('zh-CN', chineseHint);
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  return new SherpaRecogniser({ language: 'zh-CN', ...installed, clock, logger });
}

/** Makes the ears of this machine: English where pocketsphinx is installed, Chinese where a model is; else what it takes. */
export function createEars(options: EarsOptions = {}): Ears {
  const recognisers = [english(options), chinese(options)];
  return new RecognisingEars(recognisers, options.logger ?? silentLogger);
}
