import { describe, expect, it } from 'vitest';
import type { DeskEvent, DeskFrame, DeskState } from '../../protocol/desk.ts';
import { Feed } from './feed.ts';

const state: DeskState = {
  agent: { id: 'alice', name: 'Alice', presence: 'available', activity: 'idle', since: 0 },
  phones: { ring: 'all', devices: [] },
  call: null,
  queues: [],
  dispositions: [],
  pauseReasons: [],
  ears: [],
};
const queues = (waiting: number): DeskEvent => ({
  type: 'queues-changed',
  queues: [{ id: 'support', name: { en: 'Support', zh: '支持' }, waiting }],
});

function watched(feed: Feed, resume?: { boot: string; seq: number }): { frames: DeskFrame[]; stop: () => void } {
  const frames: DeskFrame[] = [];
  const stop = feed.watch((frame) => frames.push(frame), resume);
  return { frames, stop };
}

describe('a desk feed', () => {
  it('begins with a snapshot that holds everything before, then numbers what comes', () => {
    const feed = new Feed('boot', state, () => 5);
    feed.publish(queues(1));
    const { frames } = watched(feed);
    feed.publish(queues(2));
    expect(frames).toMatchObject([
      { type: 'snapshot', boot: 'boot', seq: 1, state: { queues: [{ waiting: 1 }] } },
      { type: 'event', seq: 2, event: queues(2) },
    ]);
  });

  it('resumes where a desk left off, and gives a snapshot when it cannot', () => {
    const feed = new Feed('boot', state, () => 5);
    for (let waiting = 1; waiting <= 3; waiting++) feed.publish(queues(waiting));
    expect(watched(feed, { boot: 'boot', seq: 1 }).frames.map((frame) => frame.type)).toEqual([
      'resumed',
      'event',
      'event',
    ]);
    expect(watched(feed, { boot: 'another', seq: 1 }).frames.map((frame) => frame.type)).toEqual(['snapshot']);
    expect(watched(feed, { boot: 'boot', seq: 9 }).frames.map((frame) => frame.type)).toEqual(['snapshot']);
    for (let waiting = 0; waiting < 600; waiting++) feed.publish(queues(waiting));
    expect(watched(feed, { boot: 'boot', seq: 1 }).frames.map((frame) => frame.type)).toEqual(['snapshot']);
  });

  it('tells nobody who has left', () => {
    const feed = new Feed('boot', state, () => 5);
    const { frames, stop } = watched(feed);
    expect(feed.watchers).toBe(1);
    stop();
    feed.publish(queues(1));
    expect(frames).toHaveLength(1);
    expect(feed.watchers).toBe(0);
  });
});
