import { describe, expect, it } from 'vitest';
import type { CallEvent } from './events.ts';
import type { PlanMove } from './ports.ts';
import { admit, transition } from './transition.ts';

const legId = 'c1.c';
const moved: PlanMove = {
  type: 'move',
  position: { version: 'v', turn: 1 },
  instruction: { type: 'play', files: ['/welcome.wav'], bargeIn: true },
  facts: [],
};

function run(...events: readonly CallEvent[]) {
  const signals = { web: { route: 'main', video: false, name: 'Ann' } };
  const call = { callId: 'c1', from: 'anonymous', to: '+8653100000', transport: 'wss', longestMs: 60_000, signals };
  let { state, effects } = admit(call, 1_000);
  const all = [...effects];
  for (const event of [{ type: 'plan-moved', move: moved } as const, ...events]) {
    ({ state, effects } = transition(state, event, 2_000));
    all.push(...effects);
  }
  return { state, effects: all };
}

const opened = { type: 'endpoint-opened', legId, token: null, localSdp: 'v=0', remoteDirection: 'sendrecv' } as const;
const confirmed = { type: 'leg-confirmed', legId } as const;
const heard = { type: 'endpoint-heard', legId } as const;

describe('a caller from a browser', () => {
  it('has a WebRTC endpoint, and a name that is personal', () => {
    const { state, effects } = run();
    expect(state.caller.kind).toBe('webrtc');
    expect(effects).toContainEqual({
      ...{ type: 'open-endpoint', legId, kind: 'webrtc', remoteSdp: 'invite', token: null },
    });
    expect(effects[0]).toMatchObject({
      row: { type: 'call-invited', facts: { web: 'audio' }, personal: { from: 'anonymous', name: 'Ann' } },
    });
  });

  it.each([
    ['dialog, then sound', [opened, confirmed, heard]],
    ['sound, then dialog', [opened, heard, confirmed]],
    ['dialog, and no sound for a while', [opened, confirmed, { type: 'timer', timer: 'menu' } as const]],
  ])('is played nothing before their sound is up: %s', (_name, events) => {
    const before = run(...events.slice(0, -1));
    expect([before.state.phase, before.state.playing]).toEqual(['admitted', null]);
    const { state } = run(...events);
    expect([state.phase, state.playing?.files]).toEqual(['in-plan', ['/welcome.wav']]);
    expect(state.timers.menu).toBeUndefined();
  });

  it('may press a key before we know that they hear us', () => {
    const { state, effects } = run(opened, confirmed, { type: 'digit', legId, digit: '1' });
    expect(state.phase).toBe('in-plan');
    expect(effects).toContainEqual({ type: 'advance-plan', input: { type: 'digit', digit: '1' } });
  });

  it('has hung up when the page was closed', () => {
    const lost = (cause: 'dtls-closed' | 'ice-disconnected') =>
      run(opened, confirmed, heard, { type: 'endpoint-lost', legId, cause }).state.end?.cause;
    expect(lost('dtls-closed')).toBe('caller-hangup');
    expect(lost('ice-disconnected')).toBe('media-failure');
  });
});
