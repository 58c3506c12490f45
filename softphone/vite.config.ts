import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The agent page, the page for callers, and the one for recordings. `npx vite build softphone` writes them to `dist/softphone`, from where the server serves them. */
export default defineConfig({
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/softphone',
    emptyOutDir: true,
    target: 'es2022',
    rolldownOptions: {
      input: ['index.html', 'call.html', 'listen.html'].map((page) => `${import.meta.dirname}/${page}`),
    },
    // antd and sip.js in one file are about 1 MB; it is served from the agent's own site and cached.
    chunkSizeWarningLimit: 1500,
  },
});
