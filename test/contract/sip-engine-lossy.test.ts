/** sipp, which nobody here wrote, over a road that loses one datagram in twenty. */
import { describe, expect, it } from 'vitest';
import { startLossyRelay } from '../support/lossy-relay.ts';
import { startSippCaller } from '../support/sipp.ts';
import { until } from '../support/until.ts';
import { answerSdp } from '../support/sip/calls.ts';
import { embedded, fastTimers, useBench } from '../support/sip/target.ts';

const calls = 60;

describe.runIf(embedded)('sipp over a road that loses 5 % both ways', () => {
  // Everything is over soon after the last call, so that what is left behind is seen.
  const bench = useBench({ timers: { ...fastTimers, d: 500 } });

  it.each([1, 2])(`completes ${String(calls)} calls at once, and leaves nothing behind (seed %i)`, async (seed) => {
    const relay = await startLossyRelay({ to: bench.target.udp, loss: 0.05, seed });
    bench.later(() => relay.close());
    const ended = new Set<string>();
    await bench.appWith((srf) =>
      srf.invite((request, response) => {
        response.send(180);
        void srf.createUAS(request, response, { localSdp: answerSdp }).then((dialog) => {
          dialog.on('destroy', () => ended.add(dialog.id));
        });
      }),
    );
    const sipp = await startSippCaller({
      port: relay.port,
      called: 'bob',
      ...{ calls, atOnce: calls, perSecond: 200, talksMs: 500, timeoutInSeconds: 40 },
    });
    bench.later(() => sipp.close());
    const { successful, failed } = await sipp.finished();
    expect({ successful, failed }).toEqual({ successful: calls, failed: 0 });
    expect(relay.counts().lost).toBeGreaterThan(calls / 10);
    expect(ended.size).toBe(calls);
    await until(() => {
      const { dialogs, serverTransactions, clientTransactions, undecided } = bench.engine.counts();
      return dialogs + serverTransactions + clientTransactions + undecided === 0;
    });
  });
});
