/** A phone nobody here wrote, with SRTP: what it says comes back to it, through decryption and encryption. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/sip-engine/index.ts';
import { chirp, correlate, join, hush } from '../support/audio-measure.ts';
import { startBaresip } from '../support/baresip.ts';
import { startNode, type NodeUnderTest } from '../support/media-node.ts';
import { connectApp, type App } from '../support/sip/srf.ts';
import { embedded, portOf, startTestEngine, useBench } from '../support/sip/target.ts';

const endpointId = 'phone';
const callId = 'echo';

describe.runIf(embedded)('baresip with mediaenc=srtp-mand', () => {
  const bench = useBench();
  let engine: Engine;
  let app: App;
  let under: NodeUnderTest;
  let answered = '';

  /** Answers a call with an endpoint that hears itself. */
  const echo = async (remoteSdp: string, signalledFrom: string): Promise<string> => {
    const opened = await under.client.call('open', { endpointId, callId, kind: 'sip', remoteSdp, signalledFrom });
    if (!opened.ok) throw new Error(opened.error.message);
    const graph = { edges: [{ from: endpointId, to: endpointId }] };
    await under.client.call('apply', { callId, revision: 1, graph });
    return opened.value.localSdp;
  };

  beforeAll(async () => {
    under = await startNode();
    engine = await startTestEngine({ listen: [{ protocol: 'udp', host: '127.0.0.1', port: 0 }] });
    const target = { host: '127.0.0.1', port: engine.ports.admin, secret: bench.target.secret };
    app = await connectApp(target, {
      prepare: (srf) => {
        srf.invite((request, response) => {
          void echo(request.body, request.source_address).then((localSdp) => {
            answered = localSdp;
            return srf.createUAS(request, response, { localSdp });
          });
        });
      },
    });
  });
  afterAll(async () => {
    await app.disconnect();
    await engine.close();
    await under.close();
  });

  it('hears itself', async () => {
    const said = chirp(1);
    const phone = await startBaresip({ srtp: true, says: join(hush(0.5), said) });
    try {
      await phone.dial(`sip:echo@127.0.0.1:${portOf(engine, 'udp')}`);
      await phone.event('CALL_ESTABLISHED');
      expect(answered).toMatch(/^m=audio \d+ RTP\/SAVPF? /m);
      expect(answered).toMatch(/^a=crypto:\d+ \S+ inline:/m);
      const packets = async (): Promise<number> => {
        const inventory = await under.client.call('inventory', {});
        return inventory.ok ? (inventory.value.endpoints[0]?.packetsReceived ?? 0) : 0;
      };
      // 2.5 s of its clock: all it says, and the way back.
      while ((await packets()) < 125);
      await phone.hangUp();
      await phone.event('CALL_CLOSED');
      expect(correlate(await phone.heard(), said).peak).toBeGreaterThan(0.95);
    } finally {
      await phone.close();
    }
  });
});
