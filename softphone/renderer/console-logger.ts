import type { LogFields, Logger } from '../../base/logger.ts';

/** Everything but `pii`: the browser's console may be read over an agent's shoulder and copied into tickets. */
function withoutPersonal(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'pii'));
}

/** Logs to the browser's console as a static message and fields; personal fields never get there. */
export const consoleLogger: Logger = {
  debug: (fields, message) => console.debug(message, withoutPersonal(fields)),
  info: (fields, message) => console.info(message, withoutPersonal(fields)),
  warn: (fields, message) => console.warn(message, withoutPersonal(fields)),
  error: (fields, message) => console.error(message, withoutPersonal(fields)),
};
