import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { fileURLToPath } from 'node:url'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Three bundles in out/: Electron's main process with the engine beside it, the preload script, and the page (also for the web host). */
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rollupOptions: {
        input: {
          index: here('src-main/hosts/electron/main.ts'),
          engine: here('src-main/hosts/electron/engine.ts'),
          'encode-worker': here('src-main/pipeline/encode-worker.ts'),
          'solve-worker': here('src-main/pipeline/solve-worker.ts'),
          'machine-worker': here('src-main/hosts/machine-worker.ts'),
          'planning-worker': here('src-main/pipeline/planning-worker.ts'),
        },
        // All in one folder: files that look for others beside them (native-kernels/, encode-worker.js) count the folders up to the root.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: here('src-main/hosts/electron/preload.ts') },
        // A sandboxed preload script is loaded as CommonJS and can require nothing but Electron.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: here('src-renderer'),
    plugins: [vue()],
    build: {
      outDir: here('out/renderer'),
      minify: true,
      rollupOptions: {
        input: here('src-renderer/index.html'),
        // What every page shares comes in two files instead of forty: the first paint waits for the last of them.
        output: {
          codeSplitting: {
            groups: [
              { name: 'libraries', test: /node_modules[\\/](?!echarts|vue-echarts|zrender)/, priority: 2 },
              {
                name: 'shared',
                test: /src-renderer[\\/](?:api|transports|ui|words|stores|locales[\\/]en)[\\/]|src-main[\\/]contract/,
                priority: 1,
              },
            ],
          },
        },
      },
    },
  },
})
