/** What can stop the engine from starting, or a command line from being read. */
export interface EngineErrorFacts {
  readonly code: 'usage' | 'port-in-use' | 'address-not-here' | 'not-permitted' | 'certificate' | 'listen-failed';
  readonly retryable: boolean;
}

/** An error with one clear line that says what is wrong and what to do. */
export class EngineError extends Error implements EngineErrorFacts {
  readonly code: EngineErrorFacts['code'];
  readonly retryable: boolean;

  constructor(code: EngineErrorFacts['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'EngineError';
    this.code = code;
    this.retryable = code === 'port-in-use';
  }
}

/** Turns a failed bind into a line an admin can act on. */
export function listenError(place: string, option: string, cause: unknown): EngineError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  if (code === 'EADDRINUSE') {
    return new EngineError(
      'port-in-use',
      `${place} is already in use: stop the other program (ss -lntup shows it) or choose another port with ${option}`,
      cause,
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new EngineError(
      'address-not-here',
      `${place}: this machine has no such address: choose one of its own (ip -br address shows them) with ${option}`,
      cause,
    );
  }
  if (code === 'EACCES') {
    return new EngineError(
      'not-permitted',
      `${place}: not permitted: choose a port from 1024 up with ${option}`,
      cause,
    );
  }
  return new EngineError('listen-failed', `${place}: cannot listen (${String(cause)}): check ${option}`, cause);
}
