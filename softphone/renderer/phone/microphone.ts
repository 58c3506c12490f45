import { fail, ok } from '../../../base/result.ts';
import type { Result } from '../../../base/result.ts';
import { makeProblem } from '../../../protocol/problems/index.ts';
import type { Problem } from '../../../protocol/problems/index.ts';

/** The parts of the browser a microphone depends on. */
export interface AudioSource {
  readonly secure: boolean;
  readonly origin: string;
  /** `navigator.mediaDevices`: absent on a page that is not secure. */
  readonly devices: Pick<MediaDevices, 'getUserMedia'> | undefined;
}

/** What this page may use. */
export function browserAudio(): AudioSource {
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  return { secure: window.isSecureContext, origin: window.location.origin, devices };
}

const constraints: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  video: false,
};

/** Opens the microphone, or says in the agent's words why it cannot be opened and what to do. */
export async function openMicrophone(source: AudioSource): Promise<Result<MediaStream, Problem>> {
  if (!source.secure || source.devices === undefined)
    return fail(makeProblem('page-not-secure', { server: source.origin }));
  try {
    return ok(await source.devices.getUserMedia(constraints));
  } catch (cause) {
    return fail(microphoneProblem(cause));
  }
}

/** The names of Media Capture and Streams, section 10.2 (getUserMedia), as problems. */
function microphoneProblem(cause: unknown): Problem {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : 'unknown';
  if (name === 'NotAllowedError' || name === 'SecurityError') return makeProblem('microphone-refused');
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return makeProblem('microphone-missing');
  return makeProblem('microphone-busy', { reason: name });
}

/** Lets go of the device; the browser's recording sign goes out. */
export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
