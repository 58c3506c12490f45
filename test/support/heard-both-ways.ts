/** Whether an agent's page and a phone hear each other's chirps, and for how long they did not. */
import { correlate, correlateWide } from './audio-measure.ts';
import type { AgentPage } from './agent-page.ts';
import type { Baresip } from './baresip.ts';
import { hearFor, heardBy } from './browser/chromium.ts';
import { agentChirp, agentHeardIn, callerChirp } from './voices.ts';

const rate = 8000;

/** Resolves when the page hears the caller's chirp undistorted for three seconds; the test's own limit ends the wait. */
export async function agentHears({ page }: AgentPage): Promise<void> {
  for (let peak = 0; peak < 0.9;) {
    await heardBy(page, true);
    await hearFor(page, 3);
    peak = correlateWide(await heardBy(page), callerChirp).peak;
  }
}

/** Resolves when the phone's last seconds hold the agent's chirp undistorted; to be asked once it is known that they talk. */
export async function phoneHears(phone: Baresip, { page }: AgentPage): Promise<void> {
  for (let peak = 0; peak < 0.9;) {
    await heardBy(page, true);
    await hearFor(page, 1);
    peak = agentHeardIn((await phone.heardSoFar()).subarray(-2.5 * rate)).peak;
  }
}

/** Roughly for how long the agent was missing, ms: of two seconds there is always one with a whole chirp while they talk. */
export function missingMs(heard: Int16Array): number {
  const step = rate / 4;
  let longest = 0;
  let missing = 0;
  for (let at = 0; at + 2 * rate <= heard.length; at += step) {
    missing = correlate(heard.subarray(at, at + 2 * rate), agentChirp).peak < 0.3 ? missing + 1 : 0;
    longest = Math.max(longest, missing);
  }
  return Math.max(0, longest * 250 - 1000);
}
