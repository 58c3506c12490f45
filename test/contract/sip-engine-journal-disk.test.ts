/** The engine's journal on a disk that refuses. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import { startEngine } from '../../server/sip-engine/index.ts';
import { LinkClient } from '../support/sip/link.ts';
import { testSdp, udpPeer } from '../support/sip/raw-peer.ts';
import { connectApp, firstRequest } from '../support/sip/srf.ts';
import { embedded } from '../support/sip/target.ts';

const secret = 'journal-secret';
const answerSdp = testSdp.replace('40000', '40002');

/** The machine's time, which a test may let pass faster: what is due meanwhile is done at once. */
class ShiftedClock implements Clock {
  #ahead = 0;
  readonly #alarms = new Set<{ at: number; run: () => void; cancel: Cancel }>();

  now(): number {
    return Date.now() + this.#ahead;
  }

  at(time: number, run: () => void): Cancel {
    const alarm = { at: time, run: (): void => {}, cancel: (): void => {} };
    alarm.run = () => {
      alarm.cancel();
      this.#alarms.delete(alarm);
      run();
    };
    alarm.cancel = systemClock.at(time - this.#ahead, alarm.run);
    this.#alarms.add(alarm);
    return () => {
      alarm.cancel();
      this.#alarms.delete(alarm);
    };
  }

  pass(ms: number): void {
    this.#ahead += ms;
    const due = [...this.#alarms].filter(({ at }) => at <= this.now()).sort((one, other) => one.at - other.at);
    for (const { run } of due) run();
  }
}

describe.runIf(embedded)('an engine whose disk is full', () => {
  it('goes on with its calls and tells the link, also one that comes later; then all is written', async () => {
    let full = true;
    let content = '';
    const disk = {
      read: () => Buffer.alloc(0),
      begin: () => {
        let fresh = '';
        return Promise.resolve({
          append: (text: string) => {
            if (full) return Promise.reject(new Error('ENOSPC: no space left on device'));
            fresh += text;
            content = fresh;
            return Promise.resolve();
          },
          close: () => Promise.resolve(),
        });
      },
      replace: () => Promise.resolve(),
    };
    const clock = new ShiftedClock();
    const place = { host: '127.0.0.1', port: 0 };
    const listen = [{ protocol: 'udp', ...place }] as const;
    const engine = await startEngine({ listen, admin: place, link: place, secret }, { journal: disk, clock });
    const port = engine.ports.listen[0]?.port ?? 0;
    const one = await connectApp({ host: '127.0.0.1', port: engine.ports.admin, secret });
    const peer = await udpPeer();
    const asked = firstRequest(one.srf, 'invite');
    const invite = peer.send('INVITE', port, { body: testSdp });
    const { request, response } = await asked;
    await one.srf.createUAS(request, response, { localSdp: answerSdp });
    const answer = await peer.response(200, 'INVITE');
    peer.inDialog('ACK', port, invite, answer);
    const link = await LinkClient.greet(engine.ports.link ?? 0, secret);
    expect(await link.frame('journal')).toMatchObject({ state: 'failing', reason: 'ENOSPC: no space left on device' });
    full = false;
    clock.pass(5000);
    expect(await link.frame('journal')).toMatchObject({ state: 'well' });
    expect(content).toContain(invite.header('Call-ID'));
    peer.inDialog('BYE', port, invite, answer);
    await peer.response(200, 'BYE');
    link.close();
    await one.disconnect();
    await peer.close();
    await engine.close();
  });
});
