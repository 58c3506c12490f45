import { expect, it } from 'vitest';
import { looked, newWatch, type PictureLook, type PictureVerdict, type PictureWatch } from './picture-watch.ts';

/** Looks twice a second for so long; what was told, with the second it was told in. */
function watched(from: PictureWatch, seconds: number, look: (at: number) => Omit<PictureLook, 'at'>, began = 0) {
  let watch = from;
  const told: { readonly at: number; readonly verdict: PictureVerdict }[] = [];
  for (let at = began; at < began + seconds * 1000; at += 500) {
    const step = looked(watch, { at, ...look(at) });
    ({ watch } = step);
    if (step.verdict !== undefined) told.push({ at: at / 1000, verdict: step.verdict });
  }
  return { watch, told };
}

const picture = (loss: number) => ({ endpointId: 'c1.a1', loss });

it('leaves a picture alone that loses a little, which is sent again', () => {
  expect(watched(newWatch(0), 60, () => ({ picture: picture(0.06), sound: 0.01 })).told).toEqual([]);
  expect(
    watched(newWatch(0), 60, () => ({ picture: undefined, sound: 0.5 })).told,
    'no picture, nothing to stop',
  ).toEqual([]);
});

it('says at the first look that too much is lost, on which leg, and once', () => {
  const { told, watch } = watched(newWatch(0), 4, (at) => ({ picture: picture(at < 2000 ? 0.01 : 0.25), sound: 0.2 }));
  expect(told).toEqual([{ at: 2, verdict: { type: 'poor', endpointId: 'c1.a1', lossPercent: 25 } }]);
  expect(watch.type).toBe('paused');
});

it('lets it come back once the sound was good for a while, later each time it fails again', () => {
  let watch = newWatch(0);
  let at = 0;
  const waits = [1, 2, 3, 4, 5].map(() => {
    const bad = watched(watch, 1, () => ({ picture: picture(0.3), sound: 0.1 }), at);
    const good = watched(bad.watch, 70, () => ({ picture: undefined, sound: 0 }), at + 1000);
    const [clear] = good.told;
    ({ watch } = good);
    const wait = (clear?.at ?? 0) * 1000 - at;
    at += 71_000;
    // As if it had failed right after it came back.
    watch = watch.type === 'shown' ? { ...watch, since: at } : watch;
    return wait;
  });
  // Sound was lost for half a second more after the picture had gone.
  expect(waits).toEqual([8500, 16_500, 32_500, 64_500, 64_500]);
  const settled = watched(
    { type: 'shown', since: 0, tries: 4 },
    1,
    () => ({ picture: picture(0.3), sound: 0 }),
    61_000,
  );
  expect(settled.watch).toMatchObject({ type: 'paused', tries: 1, waitMs: 8000 });
});

it('waits on while sound is still being lost', () => {
  const paused: PictureWatch = { type: 'paused', tries: 1, quietSince: 0, waitMs: 8000 };
  expect(watched(paused, 60, (at) => ({ picture: undefined, sound: at % 5000 === 0 ? 0.1 : 0 })).told).toEqual([]);
});
