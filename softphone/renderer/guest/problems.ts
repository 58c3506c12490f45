/** The few problems this page may have, without the whole catalogue. */
import { filledProblem } from '../../../protocol/problems/fill.ts';
import type { Facts } from '../../../protocol/problems/fill.ts';
import type { Problem } from '../../../protocol/problems/index.ts';
import { softphoneProblems } from '../../../protocol/problems/softphone.ts';
import { webCallProblems } from '../../../protocol/problems/web-call.ts';

const known = { ...webCallProblems, ...softphoneProblems };

export function guestProblem(code: keyof typeof known, facts: Facts = {}): Problem {
  return filledProblem(code, known[code], facts);
}

/** Why the microphone is not to be had: the names of Media Capture and Streams, section 10.2 (getUserMedia). */
export function microphoneProblem(cause: unknown): Problem {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : 'unknown';
  if (name === 'NotAllowedError' || name === 'SecurityError') return guestProblem('microphone-refused');
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return guestProblem('microphone-missing');
  return guestProblem('microphone-busy', { reason: name });
}
