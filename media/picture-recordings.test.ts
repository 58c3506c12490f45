import { expect, it } from 'vitest';
import { Emitter } from '../base/emitter.ts';
import { silentLogger } from '../base/logger.ts';
import type { Graph } from '../protocol/media.ts';
import { picturesWanted, PictureRecordings } from './picture-recordings.ts';

const recording = (state: 'on' | 'paused' | 'masked') => [{ recordingId: 'r', endpointId: 'c', state }];
const both = [
  { from: 'c', to: 'a' },
  { from: 'a', to: 'c' },
];
const graph = (change: Partial<Graph> = {}): Graph => ({
  ...{ edges: [], plays: [], taps: [], dtmf: [], recordings: recording('on'), video: both },
  ...change,
});

it('are wanted of everybody who is shown to somebody, while the recording is on', () => {
  expect(picturesWanted(graph())).toEqual([
    { recordingId: 'r', endpointId: 'c', side: 'caller' },
    { recordingId: 'r', endpointId: 'a', side: 'agent' },
  ]);
  expect(picturesWanted(graph({ video: [{ from: 'a', to: 'c' }] }))).toEqual([
    { recordingId: 'r', endpointId: 'a', side: 'agent' },
  ]);
  for (const state of ['paused', 'masked'] as const)
    expect(picturesWanted(graph({ recordings: recording(state) }))).toEqual([]);
  expect(picturesWanted(graph({ recordings: undefined, video: undefined }))).toEqual([]);
});

/** A node with two pictures, and what became of every copy of them; `settled` resolves when nothing is under way any more. */
function node() {
  const listens = new Emitter<number | undefined>();
  const told: string[] = [];
  let port: number | undefined = 9000;
  let next = 100;
  let release: (() => void) | undefined;
  let holds = false;
  const picture = (name: string) => ({
    copy: (to: number) => {
      const own = next++;
      told.push(`copy ${name} to ${String(to)}`);
      const copy = {
        ...{ port: own, ssrc: own, codec: 'VP8' as const, closed: false },
        start: () => {
          told.push(`start ${name}`);
          return Promise.resolve();
        },
        close: () => told.push(`close ${name}`),
      };
      return Promise.resolve(copy);
    },
  });
  const endpoints = new Map([
    ['c', { picture: picture('c') }],
    ['a', { picture: picture('a') }],
  ]);
  const recordings = new PictureRecordings({
    endpoint: (id) => endpoints.get(id) as never,
    recorder: {
      get port() {
        return port;
      },
      listens,
      picture: () =>
        holds
          ? new Promise((resolve) => {
              release = resolve;
            })
          : Promise.resolve(),
      pictureEnded: (of) => told.push(`ended ${String(of >= 100)}`),
    },
    logger: silentLogger,
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    ...{ recordings, told, settled, endpoints, picture },
    move: (to: number | undefined) => {
      port = to;
      listens.emit(to);
    },
    hold: () => (holds = true),
    release: () => release?.(),
  };
}

it('are copied once, and dropped at once when they are masked', async () => {
  const { recordings, told, settled } = node();
  recordings.apply('call', graph());
  recordings.apply('call', graph());
  await settled();
  expect(told).toEqual(['copy c to 9000', 'start c', 'copy a to 9000', 'start a']);
  told.length = 0;
  recordings.apply('call', graph({ recordings: recording('masked') }));
  expect(told).toEqual(['close c', 'ended true', 'close a', 'ended true']);
  recordings.apply('call', graph());
  await settled();
  recordings.forget('call');
  expect(told.filter((each) => each.startsWith('close'))).toHaveLength(4);
});

it('do not begin where they were masked while they were being made', async () => {
  const { recordings, told, settled, hold, release } = node();
  hold();
  recordings.apply('call', graph({ video: [{ from: 'c', to: 'a' }] }));
  await settled();
  recordings.apply('call', graph({ recordings: recording('masked') }));
  release();
  await settled();
  expect(told).toEqual(['copy c to 9000', 'close c', 'ended true']);
});

it('go to the next thread when the one that wrote them died, and follow an endpoint to its fresh one', async () => {
  const { recordings, told, settled, move, endpoints, picture } = node();
  recordings.apply('call', graph({ video: [{ from: 'c', to: 'a' }] }));
  await settled();
  move(undefined);
  await settled();
  move(9001);
  await settled();
  endpoints.set('c', { picture: picture('fresh') });
  recordings.changed('call');
  await settled();
  expect(told).toEqual([
    ...['copy c to 9000', 'start c', 'close c', 'ended true'],
    ...['copy c to 9001', 'start c', 'close c', 'ended true'],
    ...['copy fresh to 9001', 'start fresh'],
  ]);
});
