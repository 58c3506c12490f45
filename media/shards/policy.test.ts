/** What a trunk's or a phone's policy does to a leg: silence and digits. */
import { expect, test } from 'vitest';
import { toneFrame } from '../audio/tone.ts';
import { compress } from '../audio/g711.ts';
import { ShardRig } from '../../test/support/shard-rig.ts';

const flag = { silence: { afterMs: 400, then: 'flag' } } as const;
const end = { silence: { afterMs: 400, then: 'end' } } as const;
const announcement = (loop: boolean) => ({ plays: [{ playId: 'p1', to: 'a', files: ['/long.wav'], loop }] });

test('a leg that is flagged goes on, and is told of when it is heard again', async () => {
  const rig = new ShardRig();
  await rig.open('a', { policy: flag });
  rig.tick(5, () => rig.say('a'));
  rig.tick(30);
  expect(rig.happened('endpoint-silent')).toMatchObject([{ endpointId: 'a', silent: true, ms: 400 }]);
  rig.say('a');
  expect(rig.happened('endpoint-silent')).toHaveLength(2);
  expect(rig.happened('endpoint-silent')[1]).toMatchObject({ silent: false });
  expect(rig.happened('endpoint-lost')).toEqual([]);
});

test('who listens to an announcement need not say anything; who waits with music must', async () => {
  const rig = new ShardRig();
  rig.prompts.set('/long.wav', new Uint8Array(160 * 60).fill(0x55));
  await rig.open('a', { policy: end });
  rig.say('a');
  rig.apply(announcement(false));
  rig.tick(55);
  expect(rig.happened('endpoint-lost')).toEqual([]);
  expect(rig.leg('a').sent.length).toBeGreaterThan(50);
  rig.tick(30);
  expect(rig.happened('endpoint-lost')).toHaveLength(1);

  const other = new ShardRig();
  other.prompts.set('/long.wav', new Uint8Array(160 * 60).fill(0x55));
  await other.open('a', { policy: end });
  other.say('a');
  other.apply(announcement(true));
  other.tick(30);
  expect(other.happened('endpoint-lost')).toHaveLength(1);
});

test('a far side on hold may be silent, and is watched again afterwards', async () => {
  const rig = new ShardRig();
  await rig.open('a', { policy: end });
  rig.say('a');
  for (const direction of ['sendonly', 'inactive', 'recvonly'] as const) {
    rig.configure('a', { policy: end, direction });
    rig.tick(50);
  }
  expect(rig.happened('endpoint-lost')).toEqual([]);
  rig.configure('a', { policy: end });
  rig.tick(19);
  expect(rig.happened('endpoint-lost')).toEqual([]);
  rig.tick(2);
  expect(rig.happened('endpoint-lost')).toHaveLength(1);
});

/** 100 ms of a digit as a tone, then 60 ms of nothing. */
function pressTone(rig: ShardRig): void {
  rig.tick(40, (step) => {
    const sound = step >= 10 && step < 15 ? toneFrame('5', step - 10) : new Int16Array(160);
    rig.say('a', { payload: compress('PCMU', sound) });
  });
}

test.each([
  ['tones only, though it knows events', true, { tones: true }, 1],
  ['events only, though it knows none', false, { tones: false }, 0],
  ['as it shows: no events', false, {}, 1],
  ['as it shows: events', true, {}, 0],
] as const)('digits by policy: %s', async (_what, events, policy, heard) => {
  const rig = new ShardRig();
  await rig.open('a', { events, policy });
  pressTone(rig);
  expect(rig.happened('digit').map(({ digit, mode }) => `${digit} ${mode}`)).toEqual(Array(heard).fill('5 tone'));
});
