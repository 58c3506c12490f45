import type { MediaError } from '../protocol/media.ts';
import { fail, type Result } from '../base/result.ts';

/** What a verb answers. */
export type Answer<T> = Result<T, MediaError>;

const passing: readonly MediaError['code'][] = ['no-port', 'overloaded', 'internal'];

/** A refusal with its code. Whether to try again follows from the code. */
export function refuse(code: MediaError['code'], message: string): { readonly ok: false; readonly error: MediaError } {
  return fail({ code, message, retryable: passing.includes(code) });
}
