import { defineConfig } from 'vitest/config';

/** `npm run soak`: what is too long for `npm test`. One file after the other; each test may take half an hour. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    root: new URL('../..', import.meta.url).pathname,
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
