import { readdirSync, readFileSync } from 'node:fs'

/** Memory of the largest process of a tree, in bytes. Linux only. */
export interface MemoryPeaks {
  /** Highest resident memory as the kernel kept it (VmHWM): nothing between two looks is missed; pages of mapped files count. */
  resident: number
  /** Highest memory of its own (RssAnon) at any look: mapped files, which the system may drop at any time, do not count. */
  own: number
}

/** A file of /proc/<pid>, or '' where the process has just ended. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return ''
    throw error
  }
}

/** Parent of a process; the name before it in /proc/<pid>/stat may hold spaces and brackets. */
function parentOf(pid: number): number {
  const stat = readProc(pid, 'stat')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0)
}

/** A process and everything it started, directly or not. */
function processTree(root: number): Set<number> {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  )
  const tree = new Set([root])
  for (let before = 0; before !== tree.size;) {
    before = tree.size
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid)
  }
  return tree
}

/** Looks at a process tree once and raises the peaks kept so far. */
export function notePeaks(root: number, peaks: MemoryPeaks): void {
  for (const pid of processTree(root)) {
    const status = readProc(pid, 'status')
    const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    peaks.resident = Math.max(peaks.resident, bytes('VmHWM'))
    peaks.own = Math.max(peaks.own, bytes('RssAnon'))
  }
}
