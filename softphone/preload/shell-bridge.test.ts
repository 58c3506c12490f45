import { describe, expect, it } from 'vitest';
import { bridgeChannels } from '../bridge.ts';
import { makeBridge } from './shell-bridge.ts';
import type { BridgeIpc } from './shell-bridge.ts';

function setUp() {
  const sent: unknown[] = [];
  const listeners = new Map<string, (...args: unknown[]) => void>();
  const ipc: BridgeIpc = {
    send: (channel, ...values: unknown[]) => void sent.push([channel, ...values]),
    on: (channel: string, listener: (...args: never[]) => void): never => {
      listeners.set(channel, listener as never);
      return undefined as never;
    },
    off: (channel: string): never => {
      listeners.delete(channel);
      return undefined as never;
    },
  };
  return { bridge: makeBridge(ipc, '45.0.0'), sent, listeners };
}

describe('the bridge', () => {
  it('offers these methods and no other', () => {
    expect(Object.keys(setUp().bridge).sort()).toEqual(['onAnswerPressed', 'setRinging', 'version']);
  });

  it('passes on who rings and nothing else', () => {
    const { bridge, sent } = setUp();
    bridge.setRinging({ who: 'Wang', extra: 'secret' } as { who: string });
    bridge.setRinging(null);
    expect(sent).toEqual([
      [bridgeChannels.ringing, { who: 'Wang' }],
      [bridgeChannels.ringing, null],
    ]);
  });

  it('hands the page no Electron event, and stops when asked', () => {
    const { bridge, listeners } = setUp();
    const heard: unknown[][] = [];
    const stop = bridge.onAnswerPressed((...args: unknown[]) => void heard.push(args));
    listeners.get(bridgeChannels.answerPressed)?.({ sender: 'secret' });
    expect(heard).toEqual([[]]);
    stop();
    expect(listeners.size).toBe(0);
  });
});
