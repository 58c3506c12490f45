/** Extra facts of a log line. Numbers, digits and spoken words go under `pii` only, so that they can be dropped as one. */
export interface LogFields {
  readonly callId?: string | undefined;
  readonly err?: unknown;
  readonly pii?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What every part logs to; pino satisfies it. The message is static text, everything that varies is a field. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** A logger that says nothing, for tests and for parts used as a library. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
