import type { LogFields, Logger } from '../../base/logger.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

function plain(fields: LogFields): Record<string, unknown> {
  if (!(fields.err instanceof Error)) return { ...fields };
  return { ...fields, err: { message: fields.err.message, stack: fields.err.stack } };
}

/** A logger that writes one JSON object a line, from `least` up. */
export function jsonLogger(write: (line: string) => void, least: Level = 'info'): Logger {
  const line =
    (level: Level) =>
    (fields: LogFields, message: string): void => {
      if (levels.indexOf(level) < levels.indexOf(least)) return;
      write(`${JSON.stringify({ level, time: Date.now(), name: 'sip-engine', message, ...plain(fields) })}\n`);
    };
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
