import { expect, test } from 'vitest';
import { rtpLossOf } from './rtp-loss.ts';

const leg = {
  ...{ endpointId: 'a', callId: 'c', kind: 'sip' as const, connected: true },
  ...{ packetsReceived: 90, packetsSent: 100, octetsReceived: 1, octetsSent: 1, strangers: 0 },
};
const received = { expected: 100, lost: 10, jitterMs: 1 };

test('loss is weighed by packets, of legs on which something is known', () => {
  expect(rtpLossOf([])).toEqual({ received: 0, sent: 0 });
  expect(rtpLossOf([leg])).toEqual({ received: 0, sent: 0 });
  expect(
    rtpLossOf([
      { ...leg, received, sent: { lost: 9, lossRatio: 0.2, jitterMs: 1 } },
      {
        ...leg,
        packetsSent: 300,
        received: { ...received, expected: 300, lost: 0 },
        sent: { lost: 0, lossRatio: 0, jitterMs: 1 },
      },
      { ...leg, packetsSent: 5000 },
    ]),
  ).toEqual({ received: 0.025, sent: 0.05 });
});

test("a browser's loss counts like a phone's: mediasoup tells it, not our loopback", () => {
  expect(rtpLossOf([{ ...leg, kind: 'webrtc', received }])).toEqual({ received: 0.1, sent: 0 });
});
