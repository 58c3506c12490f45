import { defineConfig } from 'vitest/config';

/** Stories in which sound is measured, or that keep a core busy (flood): one after the other. */
const heard = [
  'heard',
  'ears',
  'outbound',
  'spoken',
  'restart',
  'recording',
  'reload',
  'media-deaths',
  'film',
  'network-gone',
  'flood',
].map((name) => `test/e2e/${name}.test.ts`);
const setupFiles = ['test/support/last-words.ts'];
const story = { testTimeout: 180_000, hookTimeout: 120_000, setupFiles };

/** Pure and local tests, contracts against real processes, and whole stories with real peers. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{base,protocol,media,server,cli,certs,scripts,softphone,bench}/**/*.test.{ts,tsx}'],
          // Some run ffmpeg, beside another file.
          testTimeout: 60_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          setupFiles,
          // They wait more than they work: two at a time even where vitest would leave a core free.
          maxWorkers: 2,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: heard, ...story, maxWorkers: 2 } },
      { test: { name: 'heard', include: heard, ...story, fileParallelism: false } },
    ],
  },
});
