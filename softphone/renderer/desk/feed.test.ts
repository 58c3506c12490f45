import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/logger.ts';
import type { DeskFrame, DeskState } from '../../../protocol/desk.ts';
import { DeskFeed } from './feed.ts';
import type { SocketEvents } from './feed.ts';

const state: DeskState = {
  agent: { id: 'anna', name: 'Anna', presence: 'available', activity: 'idle', since: 0 },
  phones: { ring: 'all', devices: [] },
  call: null,
  queues: [],
  dispositions: [],
  pauseReasons: [],
  ears: [],
};

/** A feed on sockets that only the test moves. */
function setUp() {
  const clock = new SimulatedClock();
  const sockets: { events: SocketEvents; sent: string[]; closed: boolean }[] = [];
  const feed = new DeskFeed({
    token: 't',
    clock,
    logger: silentLogger,
    openSocket: (events) => {
      const socket = { events, sent: [] as string[], closed: false };
      sockets.push(socket);
      return { send: (text) => void socket.sent.push(text), close: () => void (socket.closed = true) };
    },
  });
  const tell = (at: number, frame: DeskFrame): void => sockets[at]?.events.received(JSON.stringify(frame));
  const live = (at: number): void => {
    sockets[at]?.events.opened();
    tell(at, { type: 'snapshot', boot: 'b', seq: 0, at: 0, state });
  };
  return { clock, sockets, feed, tell, live };
}

describe('the feed on a socket', () => {
  it('resolves a command with the answer of the server', async () => {
    const { feed, sockets, tell, live } = setUp();
    feed.start();
    live(0);
    const done = feed.command({ type: 'go-available' });
    expect(JSON.parse(sockets[0]?.sent.at(-1) ?? '')).toEqual({
      type: 'command',
      id: 1,
      command: { type: 'go-available' },
    });
    tell(0, { type: 'result', id: 1 });
    expect(await done).toBeUndefined();
  });

  it('says that a command was not confirmed when the connection goes, and when there is none', async () => {
    const { feed, sockets, live } = setUp();
    feed.start();
    live(0);
    const lost = feed.command({ type: 'go-available' });
    sockets[0]?.events.closed();
    expect((await lost)?.code).toBe('desk-not-connected');
    expect((await feed.command({ type: 'go-available' }))?.code).toBe('desk-not-connected');
  });

  it('does not hear a socket it has left', () => {
    const { clock, feed, sockets, tell, live } = setUp();
    feed.start();
    live(0);
    sockets[0]?.events.received('not json');
    expect(sockets[0]?.closed).toBe(true);
    tell(0, { type: 'snapshot', boot: 'b', seq: 9, at: 0, state });
    expect(feed.state.get().link).toBe('waiting');
    clock.advance(500);
    live(1);
    expect(feed.state.get().link).toBe('live');
  });

  it('closes its socket and arms nothing when it is closed', () => {
    const { clock, feed, sockets, live } = setUp();
    feed.start();
    live(0);
    feed.close();
    expect([sockets[0]?.closed, clock.armed]).toEqual([true, 0]);
  });
});
