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

  it('has everybody whom the caller hears by themselves as well, and silence of whom the caller does not hear', async () => {
    const { rig, frames } = await recording();
    const names = ['agent', 'x2', 's3'] as const;
    await rig.open('x2');
    await rig.open('s3');
    const rings = new Map(names.map((channel) => [channel, tapRingMemory(160)]));
    const readers = new Map([...rings].map(([channel, memory]) => [channel, new TapRingReader(memory)]));
    const voices = names.map((channel) => ({ channel, endpointId: channel === 'agent' ? 'b' : channel }));
    const wanted: GraphInput['recordings'] = [{ recordingId: 'r', endpointId: 'a', state: 'on', voices }];
    const main = tapRingMemory(320);
    const conference = [...edges, { from: 'x2', to: 'a', gainDb: -6 }, { from: 's3', to: 'b' }];
    rig.apply(
      { edges: conference, recordings: wanted },
      [],
      [
        { recordingId: 'r', memory: main },
        ...[...rings].map(([channel, memory]) => ({ recordingId: 'r', channel, memory })),
      ],
    );
    const voice = (level: number) => ({ payload: compress('PCMU', new Int16Array(160).fill(level)) });
    const talk = (count: number, from: number): void =>
      rig.tick(count, (step) => {
        const place = { sequence: from + step, timestamp: (from + step) * 160 };
        for (const [name, level] of [
          ['a', 1000],
          ['x2', 8000],
          ['s3', 16_000],
        ] as const)
          rig.say(name, { ...place, ...voice(level) });
        rig.say('b', { ...place, payloadType: 8, payload: compress('PCMA', new Int16Array(160).fill(2000)) });
      });
    /** Level and time of what was written on a channel. */
    const read = (channel: (typeof names)[number]): { level: number; timeMs: number }[] => {
      const all: { level: number; timeMs: number }[] = [];
      readers.get(channel)?.drain((frame, timeMs) => all.push({ level: Math.round((frame[80] ?? 0) / 1000), timeMs }));
      return all;
    };
    talk(20, 0);
    const heard = names.map((channel) => read(channel));
    for (const each of heard)
      expect(each.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 20 }, (_, at) => at * 20));
    expect(heard.map((each) => each.slice(6).map(({ level }) => level))).toEqual(
      [2, 4, 0].map((level) => Array<number>(14).fill(level)),
    );
    // The supervisor barges in, and the member is muted.
    rig.apply({ edges: [...edges, { from: 's3', to: 'a' }, { from: 's3', to: 'b' }], recordings: wanted });
    talk(10, 20);
    expect(names.map((channel) => read(channel).at(-1)?.level)).toEqual([2, 0, 16]);
    // Of a pause nothing is kept, and of a time in which the caller hears none of them.
    rig.apply({ edges: conference, recordings: wanted.map((each) => ({ ...each, state: 'paused' as const })) });
    talk(5, 30);
    rig.apply({ edges: [{ from: 'a', to: 'b' }], recordings: wanted });
    talk(5, 35);
    expect(names.flatMap((channel) => read(channel))).toEqual([]);
    expect(frames()).toEqual([]);
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
