import { readFileSync } from 'node:fs'

/**
 * Most physical memory this process has held, in bytes. On Linux from /proc, because there `maxRSS` starts at the size of the
 * process that forked this one.
 */
export function peakMemoryBytes(): number {
  if (process.platform === 'linux') {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  }
  return process.resourceUsage().maxRSS * 1024
}
