import { defineConfig } from 'vite';

/**
 * Bundles the shell: `--mode main` and `--mode preload`, one file each. A sandboxed preload can require nothing but
 * Electron, so each must carry all it needs.
 */
export default defineConfig(({ mode }) => ({
  publicDir: false,
  build: {
    outDir: '../dist/electron',
    emptyOutDir: mode === 'main',
    target: 'node24',
    minify: false,
    lib: { entry: `${mode}/${mode}.ts`, formats: ['cjs'], fileName: () => `${mode}.cjs` },
    rolldownOptions: { external: ['electron', /^node:/] },
  },
}));
