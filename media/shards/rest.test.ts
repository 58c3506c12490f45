import { describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';

const bridge = {
  edges: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};

/** Two who talk, long enough that their legs are at rest. */
async function talk() {
  const rig = new ShardRig();
  const [a, b] = [await rig.open('a'), await rig.open('b')];
  rig.apply(bridge);
  rig.tick(13, () => {
    rig.say('a');
    rig.say('b');
  });
  return { rig, a, b };
}

/** Steps until more packets have come to a leg than there are. */
function stepsUntilMore(rig: ShardRig, leg: { readonly sent: readonly unknown[] }, most = 20): number {
  const before = leg.sent.length;
  let steps = 0;
  for (; steps < most && leg.sent.length === before; steps++) rig.tick();
  return steps;
}

describe('a leg to which packets pass by rests, but', () => {
  test('hears silence 200 ms after the last packet', async () => {
    const { rig, b } = await talk();
    // The last packet came one step ago.
    expect(stepsUntilMore(rig, b)).toBe(9);
    expect(stepsUntilMore(rig, b)).toBe(1);
  });

  test('hears a prompt in the very next step', async () => {
    const { rig, b } = await talk();
    rig.prompts.set('/p.wav', new Uint8Array(160).fill(7));
    rig.apply({ ...bridge, plays: [{ playId: 'p', to: 'b', files: ['/p.wav'] }] });
    expect(stepsUntilMore(rig, b)).toBe(1);
    expect(b.sent.at(-1)?.payload.at(-1)).toBe(7);
  });

  test('sends digits in the very next step', async () => {
    const { rig, b } = await talk();
    rig.apply({ ...bridge, dtmf: [{ dtmfId: 'd', to: 'b', digits: '5' }] });
    expect(stepsUntilMore(rig, b)).toBe(1);
    expect(b.sent.at(-1)?.payloadType).toBe(101);
  });

  test('is encoded for in the very next step when it is agreed anew in another codec', async () => {
    const { rig, b } = await talk();
    const before = b.sent.length;
    rig.configure('b', { codec: 'G722' });
    rig.tick(10, () => rig.say('a'));
    expect(b.sent.length).toBe(before + 10);
    expect(b.sent.at(-1)?.payloadType).toBe(9);
  });

  test('is encoded for when what it hears comes in another codec', async () => {
    const { rig, b } = await talk();
    const before = b.sent.length;
    rig.tick(10, () => rig.say('a', { payloadType: 9 }));
    expect(b.sent.length).toBeGreaterThanOrEqual(before + 9);
    expect(new Set(b.sent.slice(before).map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
  });
});
