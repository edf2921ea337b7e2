import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

/** What the built page is made of. Anything else is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
}

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly type: string
  readonly body: Buffer<ArrayBuffer>
}

/**
 * The file of the built page that a URL's path names, or null. It never leaves `folder`: not by `..`, not encoded, not by
 * another system's separators, not through a link.
 */
export async function readPageFile(folder: string, urlPath: string): Promise<PageFile | null> {
  const path = decodePath(urlPath)
  if (path === null) return null
  const type = TYPES[extname(path)]
  if (type === undefined) return null
  const file = await realpath(join(folder, path)).catch(() => null) // not there: answered as not found
  if (file === null || !file.startsWith((await realpath(folder)) + sep) || !(await stat(file)).isFile()) return null
  return { type, body: await readFile(file) }
}

/** The path inside the page's folder, or null where it is not a plain relative one. */
function decodePath(urlPath: string): string | null {
  let path: string
  try {
    path = decodeURIComponent(urlPath.split(/[?#]/, 1)[0] ?? '')
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
  if (!path.startsWith('/') || /[\0\\:]/.test(path) || path.split('/').includes('..')) return null
  return path === '/' ? '/index.html' : path
}
