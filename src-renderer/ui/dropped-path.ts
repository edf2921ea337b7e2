/** What a drop told about where the thing lies. */
export type Dropped = { kind: 'path'; path: string } | { kind: 'unknown' }

/** The part of a DataTransfer that is read. */
export interface DropData {
  readonly files: ArrayLike<File>
  getData(type: string): string
}

/** A file of a model stands for the folder it lies in. */
function folderOf(path: string): string {
  return /\.(safetensors|json|jinja|txt)$/i.test(path) ? path.replace(/[\\/][^\\/]+$/, '') : path
}

/** The folder of the model a drop means: any file of a model stands for its folder. */
export function droppedPath(data: DropData, pathForFile: (file: File) => string | null): Dropped {
  const dropped = droppedItself(data, pathForFile)
  return dropped.kind === 'path' ? { kind: 'path', path: folderOf(dropped.path) } : dropped
}

/** The very thing dropped: from the host where it can tell, from a dropped link or text otherwise. A page alone never learns paths. */
export function droppedItself(data: DropData, pathForFile: (file: File) => string | null): Dropped {
  const file = data.files[0]
  const known = file ? pathForFile(file) : null
  if (known) return { kind: 'path', path: known }
  for (const line of `${data.getData('text/uri-list')}\n${data.getData('text/plain')}`.split(/\r?\n/)) {
    const path = pathOfLine(line.trim())
    if (path) return { kind: 'path', path }
  }
  return { kind: 'unknown' }
}

function pathOfLine(line: string): string | null {
  if (line.startsWith('file://')) {
    const path = decodeURIComponent(new URL(line).pathname)
    return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path
  }
  return /^(\/|~|[A-Za-z]:[\\/]|\\\\)/.test(line) ? line : null
}
