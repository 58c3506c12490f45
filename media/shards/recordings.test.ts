import { describe, expect, it } from 'vitest';
import { ShardRig, type GraphInput } from '../../test/support/shard-rig.ts';
import { compress } from '../audio/g711.ts';
import { TapRingReader, tapRingMemory } from '../audio/tap-ring.ts';

const edges = [
  { from: 'a', to: 'b' },
  { from: 'b', to: 'a' },
];
const recorded = (state: 'on' | 'paused' | 'masked' = 'on'): GraphInput['recordings'] => [
  { recordingId: 'r', endpointId: 'a', state },
];

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly timeMs: number;
  readonly mark: number;
}

/** A call of two whose voices are two levels, recorded at `a`. */
async function recording() {
  const rig = new ShardRig();
  await rig.open('a');
  await rig.open('b', { codec: 'PCMA' });
  const memory = tapRingMemory(320);
  const reader = new TapRingReader(memory);
  const speak = (count: number, from = 0): void =>
    rig.tick(count, (step) => {
      const place = { sequence: from + step, timestamp: (from + step) * 160 };
      rig.say('a', { ...place, payload: compress('PCMU', new Int16Array(160).fill(4000)) });
      rig.say('b', { ...place, payloadType: 8, payload: compress('PCMA', new Int16Array(160).fill(-2000)) });
    });
  const frames = (): Frame[] => {
    const all: Frame[] = [];
    const level = (sample = 0): number => Math.round(sample / 1000);
    reader.drain((frame, timeMs, mark) =>
      all.push({ left: level(frame[80]), right: level(frame[240]), timeMs, mark: mark & 3 }),
    );
    return all;
  };
  const apply = (graph: GraphInput): void => rig.apply(graph, [], [{ recordingId: 'r', memory }]);
  return { rig, speak, frames, apply };
}

describe('a recording', () => {
  it('has what the leg says on the left and what it hears on the right, on one clock', async () => {
    const { speak, frames, apply } = await recording();
    apply({ edges, recordings: recorded() });
    speak(20);
    const all = frames();
    expect(all.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 20 }, (_, at) => at * 20));
    // 60 ms of de-jitter on both sides alike.
    expect(all.slice(4).map(({ left, right }) => [left, right])).toEqual(all.slice(4).map(() => [4, -2]));
    expect(all.slice(0, 3).every(({ left, right }) => left === 0 && right === 0)).toBe(true);
  });

  it('keeps nothing while it is paused or masked, and goes on in the same place', async () => {
    const { rig, speak, frames, apply } = await recording();
    apply({ edges, recordings: recorded() });
    speak(10);
    rig.apply({ edges, recordings: recorded('paused') });
    speak(5, 10);
    rig.apply({ edges, recordings: recorded('masked') });
    speak(5, 15);
    rig.apply({ edges, recordings: recorded() });
    speak(5, 20);
    const all = frames();
    expect(all.map(({ mark }) => mark)).toEqual([
      ...Array(10).fill(0),
      ...Array(5).fill(1),
      ...Array(5).fill(2),
      ...Array(5).fill(0),
    ]);
    expect(all.slice(10, 20).every(({ left, right }) => left === 0 && right === 0)).toBe(true);
    expect(all.slice(20).every(({ left, right }) => left === 4 && right === -2)).toBe(true);
    expect(all.at(-1)?.timeMs).toBe(24 * 20);
  });

  it('hears the music that the caller hears on hold, and not the agent', async () => {
    const { rig, speak, frames, apply } = await recording();
    rig.prompts.set('/music.wav', compress('PCMU', new Int16Array(16_000).fill(1000)));
    apply({ plays: [{ playId: 'p', to: 'a', files: ['/music.wav'], loop: true }], recordings: recorded() });
    speak(20);
    expect(
      frames()
        .slice(5)
        .every(({ left, right }) => left === 4 && right === 1),
    ).toBe(true);
  });

  it('hears everybody who is mixed for the caller, and nobody who only speaks to the agent', async () => {
    const { rig, frames, apply } = await recording();
    await rig.open('whisper');
    await rig.open('guest');
    apply({
      edges: [...edges, { from: 'guest', to: 'a' }, { from: 'whisper', to: 'b' }],
      recordings: recorded(),
    });
    const voice = (level: number) => ({ payload: compress('PCMU', new Int16Array(160).fill(level)) });
    rig.tick(20, (step) => {
      const place = { sequence: step, timestamp: step * 160 };
      rig.say('guest', { ...place, ...voice(6000) });
      rig.say('whisper', { ...place, ...voice(12_000) });
      rig.say('b', { ...place, ...voice(2000) });
    });
    expect(
      frames()
        .slice(6)
        .map(({ right }) => right),
    ).toEqual(Array(14).fill(8));
  });

  it('ends with the graph that no longer has it', async () => {
    const { rig, speak, frames, apply } = await recording();
    apply({ edges, recordings: recorded() });
    speak(3);
    rig.apply({ edges });
    speak(3, 3);
    expect(frames()).toHaveLength(3);
  });
});
