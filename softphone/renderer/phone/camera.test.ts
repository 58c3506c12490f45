import { expect, it } from 'vitest';
import { Camera, cameraProblem } from './camera.ts';

function rig() {
  const shown: (string | null)[] = [];
  const failures: unknown[] = [];
  const tracks: { stopped: boolean }[] = [];
  let opened = Promise.withResolvers<undefined>();
  const camera = new Camera({
    open: async () => {
      await opened.promise;
      const track = { id: `t${String(tracks.length + 1)}`, stopped: false, stop: () => (track.stopped = true) };
      tracks.push(track);
      return { getVideoTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream;
    },
    show: (track) => shown.push(track?.id ?? null),
    failed: (cause) => failures.push(cause),
  });
  const open = async (turning: Promise<void>): Promise<void> => {
    opened.resolve(undefined);
    await turning;
    opened = Promise.withResolvers<undefined>();
  };
  return { camera, shown, failures, tracks, open, refuse: (cause: Error) => opened.reject(cause) };
}

it('shows what it sees until it is turned off, and lets go of the device then', async () => {
  const { camera, shown, tracks, open } = rig();
  await open(camera.turn(true));
  expect(camera.state.get().type).toBe('on');
  await camera.turn(false);
  expect([shown, tracks.map(({ stopped }) => stopped)]).toEqual([['t1', null], [true]]);
});

it('sends nothing while it is paused, and goes on afterwards', async () => {
  const { camera, shown, tracks, open } = rig();
  await open(camera.turn(true));
  camera.setPaused(true);
  camera.setPaused(true);
  camera.setPaused(false);
  expect([shown, tracks[0]?.stopped]).toEqual([['t1', null, 't1'], false]);
});

it('lets go of a device that opens after it was turned off again', async () => {
  const { camera, shown, tracks, open } = rig();
  const turning = camera.turn(true);
  await camera.turn(false);
  await open(turning);
  expect([camera.state.get().type, shown, tracks[0]?.stopped]).toEqual(['off', [null], true]);
});

it('stays off and says why it cannot be opened', async () => {
  const { camera, failures, refuse } = rig();
  const turning = camera.turn(true);
  refuse(new DOMException('no', 'NotAllowedError'));
  await turning;
  expect([camera.state.get().type, failures.map(cameraProblem)]).toEqual(['off', ['camera-refused']]);
  expect(cameraProblem(new DOMException('', 'NotFoundError'))).toBe('camera-missing');
  expect(cameraProblem('?')).toBe('camera-busy');
});
