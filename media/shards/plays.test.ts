import { describe, expect, test } from 'vitest';
import { ShardRig } from '../../test/support/shard-rig.ts';

const bridge = {
  edges: [
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ],
};
/** What each packet ends with: its beginning may be blended with what was heard before. */
const bytesOf = (packets: readonly { payload: Uint8Array }[]): number[] =>
  packets.map(({ payload }) => payload.at(-1) ?? -1);
const prompt = (...levels: number[]): Uint8Array =>
  Uint8Array.from(levels.flatMap((level) => new Array<number>(160).fill(level)));

async function pair(rig: ShardRig) {
  return { a: await rig.open('a'), b: await rig.open('b') };
}

/** A packet of the key 5 of leg a, whose source has proved itself. */
function press(rig: ShardRig, duration: number, end = false): void {
  const payload = Uint8Array.of(5, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff);
  rig.say('a', { payloadType: 101, timestamp: 400_000, payload });
}

describe('plays', () => {
  test('hide the edges, keep their place over revisions, end once, and give the edges back', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', prompt(1, 2, 3, 4));
    const { a } = await pair(rig);
    const graph = { ...bridge, plays: [{ playId: 'p', to: 'a', files: ['/p.wav'] }] };
    rig.apply(graph);
    rig.tick(2, () => rig.say('b'));
    rig.apply({ ...graph, taps: [{ endpointId: 'a' }] });
    rig.tick(2, () => rig.say('b'));
    expect(bytesOf(a.sent)).toEqual([1, 2, 3, 4]);
    expect(rig.happened('play-ended')).toEqual([{ type: 'play-ended', callId: 'c', playId: 'p', cause: 'finished' }]);
    rig.say('b');
    expect(bytesOf(a.sent).at(-1)).toBe(0x80);
    rig.apply(graph);
    rig.tick(50);
    expect(rig.happened('play-ended')).toHaveLength(1);
  });

  test('go through their files, loop, and stop without a word when they leave the graph', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/1.wav', prompt(1));
    rig.prompts.set('/2.wav', prompt(2, 3));
    const { a } = await pair(rig);
    rig.apply({ plays: [{ playId: 'p', to: 'a', files: ['/1.wav', '/2.wav'], loop: true }] });
    rig.tick(7);
    expect(bytesOf(a.sent)).toEqual([1, 2, 3, 1, 2, 3, 1]);
    rig.apply({ edges: [{ from: 'b', to: 'a' }] });
    rig.tick(11);
    expect(bytesOf(a.sent).slice(7)).toEqual(new Array(11).fill(0xff));
    expect(rig.happened('play-ended')).toEqual([]);
  });

  test('of one leg come one after the other', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/1.wav', prompt(1));
    rig.prompts.set('/2.wav', prompt(2, 2));
    const { a } = await pair(rig);
    rig.apply({
      plays: [
        { playId: 'p', to: 'a', files: ['/1.wav'] },
        { playId: 'q', to: 'a', files: ['/2.wav'] },
      ],
    });
    rig.tick(3);
    expect(bytesOf(a.sent)).toEqual([1, 2, 2]);
    expect(rig.happened('play-ended').map(({ playId }) => playId)).toEqual(['p', 'q']);
  });

  test('fail with a reason, and the edges are heard', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/empty.wav', new Uint8Array(0));
    const { a } = await pair(rig);
    rig.apply({
      ...bridge,
      plays: [
        { playId: 'p', to: 'a', files: ['/x/missing.wav'] },
        { playId: 'q', to: 'a', files: ['/empty.wav'], loop: true },
      ],
    });
    rig.tick(1);
    expect(rig.happened('play-ended').map(({ playId, cause, reason }) => [playId, cause, reason])).toEqual([
      ['p', 'failed', 'missing.wav: there is no such file'],
      ['q', 'failed', 'empty.wav: there is no sound in it'],
    ]);
    rig.say('b');
    expect(bytesOf(a.sent).at(-1)).toBe(0x80);
  });

  test('that are still being read are silence, not the edges', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', prompt(1));
    rig.holdPrompts = true;
    const { a } = await pair(rig);
    rig.apply({ ...bridge, plays: [{ playId: 'p', to: 'a', files: ['/p.wav'] }] });
    rig.tick(2, () => rig.say('b'));
    rig.releasePrompts();
    rig.tick(1);
    expect(bytesOf(a.sent)).toEqual([0xff, 0xff, 1]);
  });

  test('music that comes back goes on where it was, also after another file and in another codec', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/m.wav', prompt(1, 2, 3, 4, 5, 6));
    rig.prompts.set('/p.wav', prompt(9));
    const { a } = await pair(rig);
    const music = (playId: string) => ({ plays: [{ playId, to: 'a', files: ['/m.wav'], loop: true }] });
    rig.apply(music('m1'));
    rig.tick(2);
    rig.apply({ plays: [{ playId: 'p', to: 'a', files: ['/p.wav'] }] });
    rig.tick(1);
    rig.apply(music('m2'));
    rig.tick(2);
    rig.apply(bridge);
    rig.say('b');
    rig.apply(music('m3'));
    rig.tick(3);
    expect(bytesOf(a.sent)).toEqual([1, 2, 9, 3, 4, 0x80, 5, 6, 1]);
  });

  test('what is played once begins anew when it comes back', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', prompt(1, 2, 3));
    const { a } = await pair(rig);
    const once = (playId: string) => ({ plays: [{ playId, to: 'a', files: ['/p.wav'] }] });
    rig.apply(once('p1'));
    rig.tick(2);
    rig.apply(once('p2'));
    rig.tick(2);
    expect(bytesOf(a.sent)).toEqual([1, 2, 1, 2]);
  });

  test('that keys may end are silent as soon as a key goes down, and a held key ends no later one', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', prompt(1, 2, 3, 4, 5, 6, 7, 8));
    rig.prompts.set('/q.wav', prompt(21, 22, 23, 24));
    const { a } = await pair(rig);
    const asking = (playId: string, file: string) => ({ playId, to: 'a', files: [file], bargeIn: true });
    rig.apply({ plays: [asking('p', '/p.wav')] });
    rig.tick(2, () => rig.say('a'));
    // The first packet of a key, RFC 4733 section 2.5.1.2; it is held.
    const key = (duration: number, end = false): void => press(rig, duration, end);
    key(160);
    rig.tick(1);
    expect(bytesOf(a.sent)).toEqual([1, 2, 0xff]);
    expect(rig.happened('play-ended')).toEqual([
      { type: 'play-ended', callId: 'c', playId: 'p', cause: 'interrupted' },
    ]);
    expect(rig.happened('digit')).toEqual([]);
    key(320, true);
    expect(rig.happened('digit')).toMatchObject([{ digit: '5' }]);
    rig.apply({ plays: [asking('q', '/q.wav')] });
    rig.tick(1);
    key(320, true);
    key(320, true);
    rig.tick(2);
    expect(bytesOf(a.sent)).toEqual([1, 2, 0xff, 21, 22, 23]);
  });

  test('that keys may not end go on', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', prompt(1, 2, 3, 4));
    const { a } = await pair(rig);
    rig.apply({ plays: [{ playId: 'p', to: 'a', files: ['/p.wav'] }] });
    rig.tick(2, () => rig.say('a'));
    press(rig, 160);
    rig.tick(2);
    expect(bytesOf(a.sent)).toEqual([1, 2, 3, 4]);
  });

  test('a last frame that is not full is filled up with silence', async () => {
    const rig = new ShardRig();
    rig.prompts.set('/p.wav', new Uint8Array(170).fill(5));
    const { a } = await pair(rig);
    rig.apply({ plays: [{ playId: 'p', to: 'a', files: ['/p.wav'] }] });
    rig.tick(2);
    expect([...(a.sent[1]?.payload ?? [])].slice(8, 12)).toEqual([5, 5, 0xff, 0xff]);
  });
});
