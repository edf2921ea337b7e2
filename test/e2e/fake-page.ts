import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { build } from 'vite'

/** Two runs of the tests at once each name a folder of their own. */
const OUT = process.env['FAKE_PAGE'] ?? 'test-results/fake-page'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** The strictest policy the page is served with anywhere; the hosts' own may not be looser. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'"

/** Builds the page over the in-memory service. */
export async function buildFakePage(): Promise<void> {
  await build({
    root: 'test/src-renderer/fake',
    base: './',
    plugins: [vue()],
    configFile: false,
    logLevel: 'error',
    build: { outDir: join(process.cwd(), OUT), emptyOutDir: true },
  })
}

/** Serves what {@link buildFakePage} built, under the app's content policy. */
export async function serveFakePage(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname)
    readFile(join(OUT, path === '/' ? 'index.html' : path)).then(
      (body) => {
        response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/html', 'content-security-policy': POLICY })
        response.end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}
