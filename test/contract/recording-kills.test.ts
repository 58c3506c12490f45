import { expect, it } from 'vitest';
import { killMany } from '../support/recorder-kills.ts';

it(
  'leaves a playable file that lacks at most a second after each of 100 random kills',
  { timeout: 400_000 },
  async () => {
    const kills = await killMany(100, 4);
    expect(kills).toHaveLength(100);
    expect(kills.flatMap(({ wrong }) => wrong)).toEqual([]);
    const worst = Math.max(...kills.map(({ lostMs }) => lostMs));
    console.log(
      `100 kills: at most ${String(worst)} ms lost, files of up to ${String(Math.max(...kills.map(({ frames }) => frames * 20)))} ms`,
    );
    expect(worst).toBeLessThanOrEqual(1000);
    expect(Math.min(...kills.map(({ lostMs }) => lostMs))).toBeGreaterThanOrEqual(0);
  },
);
