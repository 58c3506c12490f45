import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Calls } from './calls/index.ts';
import { type Config, siteFiles } from './config.ts';
import type { Ledger } from './ledger/index.ts';
import type { Plans } from './plans.ts';
import { CallRecordings } from './call-recordings.ts';
import type { Rows } from './rows.ts';
import { Archive, readKeys } from './recordings/index.ts';

/** The site's recordings; undefined, and said so, when its keys cannot be read. */
function openArchive(config: Config, logger: Logger): Archive | undefined {
  const { recordingKey, recordings } = siteFiles(config);
  let text: string;
  try {
    text = readFileSync(recordingKey, 'utf8');
  } catch (err) {
    logger.warn({ err }, 'the key of recordings cannot be read: recordings cannot be listened to');
    return undefined;
  }
  const keys = readKeys(text);
  if (keys.ok) return new Archive(recordings, keys.value);
  logger.error({ reason: keys.error }, 'the key file of recordings is wrong: recordings cannot be listened to');
  return undefined;
}

/** The recordings of a site, with what they need of it. */
export function makeRecordings(site: {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly rows: Rows;
  readonly plans: Plans;
  readonly calls: () => Calls;
}): CallRecordings {
  const { config, clock, logger, ledger, rows, plans, calls } = site;
  const { keepAs, keepDays } = config.recording;
  return new CallRecordings({
    archive: openArchive(config, logger),
    plan: () => plans.current,
    dice: Math.random,
    ...{ calls, rows, ledger, clock, logger, keepAs, keepDays },
  });
}
