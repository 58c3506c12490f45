/** What the media node tells, brought to whom it concerns, and what is done when it goes and comes back. */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Calls } from './calls/index.ts';
import type { CallRecordings } from './call-recordings.ts';
import type { Desks } from './desks.ts';
import type { DigitModes } from './dtmf.ts';
import type { Listening } from './listening.ts';
import type { MediaAbsence } from './media-absence.ts';
import type { MediaCapacity } from './media-capacity.ts';
import type { MediaClient } from './media-client.ts';
import { LateByes } from './late-byes.ts';
import type { OutsideRecorders } from './outside-recorders.ts';
import { reconcileMedia } from './recovery.ts';
import type { Rows } from './rows.ts';
import type { SpokenPrompts } from './spoken-prompts.ts';
import { callEventOf, silenceRow } from './switchboard.ts';

/** Whom it concerns. */
export interface MediaAudience {
  readonly media: MediaClient;
  readonly calls: Calls;
  readonly desks: Desks;
  readonly listening: Listening;
  readonly recording: CallRecordings;
  readonly recorders: OutsideRecorders;
  readonly capacity: MediaCapacity;
  readonly rows: Rows;
  readonly digits: DigitModes;
  readonly spoken: SpokenPrompts;
  readonly absence: MediaAbsence;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Listens from now on; call what is returned to stop. */
export function listenToMedia(audience: MediaAudience): () => void {
  const { media, calls, listening, recorders, capacity, spoken, absence, logger } = audience;
  const lateByes = new LateByes(audience.clock);
  const stop = takeEvents(audience, lateByes);
  media.connected.on(({ newBoot }) => {
    // What is gone is told by the comparison.
    lateByes.close();
    const since = absence.ended();
    spoken.restarted();
    if (newBoot) for (const each of [capacity, recorders]) each.restarted();
    listening.tellPhrases();
    reconcileMedia(calls, media, { newBoot, since }, logger).catch((err: unknown) =>
      logger.error({ err }, 'the media node could not be compared'),
    );
  });
  media.lost.on(() => absence.began());
  return () => {
    stop();
    lateByes.close();
  };
}

function takeEvents(audience: MediaAudience, lateByes: LateByes): () => void {
  const { media, calls, desks, listening, recording, recorders, capacity, rows, digits } = audience;
  return media.events.on(({ seq, event }) => {
    if (event.type === 'observation') return listening.observe(event);
    if (event.type === 'recording-ended' || event.type === 'recording-failed') return recording.told(event);
    if (event.type === 'capacity-changed') return capacity.told(event.full);
    if (event.type === 'ears-changed') return desks.earsChanged(event.ears);
    if (event.type === 'speakers-changed') return desks.speakersChanged(event.callId, event.endpointIds);
    if (event.type === 'endpoint-silent') return rows.put(silenceRow(event));
    if (event.type === 'endpoint-lost' && recorders.endpointLost(event.endpointId, event.cause)) return;
    if (event.type === 'endpoint-lost' && event.cause === 'dtls-closed') {
      const { type, callId, endpointId: legId, cause } = event;
      return lateByes.wait((since) => calls.post(callId, { type, legId, cause, since }));
    }
    const posted = callEventOf(event, digits);
    if (posted !== undefined) calls.postMedia(posted.callId, posted.event, { bootId: media.bootId, seq });
  });
}
