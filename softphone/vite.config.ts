import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The agent page. `npx vite build softphone` writes it to `dist/softphone`, from where the server serves it. */
export default defineConfig({
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/softphone',
    emptyOutDir: true,
    target: 'es2022',
    // antd and sip.js in one file are about 1 MB; it is served from the agent's own site and cached.
    chunkSizeWarningLimit: 1500,
  },
});
