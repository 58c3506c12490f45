import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../base/result.ts';
import type { MediaError } from '../../protocol/media.ts';
import { latelyOf, looked, newHistory, type LegStatistics } from '../../server/quality/index.ts';
import { startLossyRelay } from '../support/lossy-relay.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { RtpPeer } from '../support/rtp-peer.ts';

let under: NodeUnderTest;
beforeAll(async () => {
  under = await startNode();
});
afterAll(() => under.close());

function good<T>(answer: Result<T, MediaError>): T {
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.value;
}

async function statisticsOf(endpointId: string): Promise<LegStatistics | undefined> {
  const { endpoints } = good(await under.client.call('inventory', {}));
  return endpoints.find((each) => each.endpointId === endpointId);
}

test.each([0, 0.01, 0.05, 0.2])('a loss of %d is reported within half a point', async (loss) => {
  const callId = `loss-${loss}`;
  const peer = await RtpPeer.open();
  const remoteSdp = peer.sdp('sendrecv', '10.1.2.3');
  // The relay is a NAT to the node: the packets come from another port of the address the message came from.
  const open = { endpointId: callId, callId, kind: 'sip' as const, remoteSdp, signalledFrom: '127.0.0.1' };
  const port = Number(/^m=audio (\d+)/m.exec(good(await under.client.call('open', open)).localSdp)?.[1]);
  const relay = await startLossyRelay({ to: port, loss, seed: 42 });
  peer.aim(relay.port);
  // In small handfuls, each waited for, so that no socket loses what the relay let pass.
  let statistics: LegStatistics | undefined;
  for (let sent = 0, timestamp = 0; sent < 3000;) {
    for (let count = 0; count < 50; count++, sent++, timestamp += 160) peer.packet({ timestamp });
    await expect
      .poll(() => relay.sent().passed + relay.sent().lost, { interval: 1, timeout: 10_000 })
      .toBeGreaterThanOrEqual(sent);
    await expect
      .poll(async () => (statistics = await statisticsOf(callId))?.packetsReceived, { interval: 1, timeout: 10_000 })
      .toBe(relay.sent().passed);
  }
  const { passed, lost } = relay.sent();
  const injected = lost / (passed + lost);
  expect(Math.abs(injected - loss)).toBeLessThan(0.02);
  const part = { side: 'outside', speaks: true } as const;
  const seen = statistics === undefined ? undefined : latelyOf(looked(newHistory(0), statistics, 60_000, part), part);
  expect(Math.abs((seen?.lossRatio ?? 1) - injected)).toBeLessThan(0.005);
  expect(seen?.burstRatio).toBeLessThan(1.3);
  good(await under.client.call('closeCall', { callId }));
  peer.close();
  await relay.close();
});
