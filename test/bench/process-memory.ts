import { readdirSync, readFileSync } from 'node:fs'

/** Highest resident memory (VmHWM) seen of each process of a tree, in bytes, by process id. Linux only. */
export type PeakByProcess = Map<number, number>

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
  const parents = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), parentOf(Number(name))]))
  const tree = new Set([root])
  for (let before = 0; before !== tree.size;) {
    before = tree.size
    for (const [pid, parent] of parents) if (tree.has(parent)) tree.add(pid)
  }
  return tree
}

/** Looks at a process tree once and raises the peaks kept so far. */
export function notePeaks(root: number, peaks: PeakByProcess): void {
  for (const pid of processTree(root)) {
    const kilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(readProc(pid, 'status'))?.[1] ?? 0)
    peaks.set(pid, Math.max(peaks.get(pid) ?? 0, kilobytes * 1024))
  }
}
