import type { MediaResult } from '../protocol/media.ts';

/** Share of RTP packets lost, 0 to 1, over all legs there are, phones' and browsers': on the way to us, and of ours on the way to them. */
export interface RtpLoss {
  readonly received: number;
  readonly sent: number;
}

type Endpoints = MediaResult<'inventory'>['endpoints'];

function share(lost: number, of: number): number {
  return of === 0 ? 0 : Math.min(1, Math.max(0, lost / of));
}

/** Weighs each leg by its packets. What the far side tells of ours is the share since its report before. Nobody there: 0. */
export function rtpLossOf(endpoints: Endpoints): RtpLoss {
  let [lost, expected, lostThere, sent] = [0, 0, 0, 0];
  for (const endpoint of endpoints) {
    lost += endpoint.received?.lost ?? 0;
    expected += endpoint.received?.expected ?? 0;
    if (endpoint.sent === undefined) continue;
    lostThere += endpoint.sent.lossRatio * endpoint.packetsSent;
    sent += endpoint.packetsSent;
  }
  return { received: share(lost, expected), sent: share(lostThere, sent) };
}
