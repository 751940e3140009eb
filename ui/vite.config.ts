import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Names without a hash and nothing from the environment: every build writes the same bytes, which ./test compares with the committed ones.
const names = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: ({ names }: { names: string[] }) =>
    names.some((name) => name.endsWith('.css')) ? 'assets/app.css' : 'assets/[name][extname]',
};

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: process.env.PORTOLAN_BUNDLE ?? '../src/Portolan.Web/Bundle',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: { app: 'index.html' }, output: names },
  },
  worker: { format: 'es', rolldownOptions: { output: names } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
