/**
 * Finishes the job in the file named first, telling its journal rows line by line on stdout. Dies without a word, as if killed
 * from outside or by a power cut, `delay` milliseconds after row number `deadly`.
 * node finish-child.ts JOB.json [deadly delay]
 */
import { readFileSync, writeSync } from 'node:fs'
import { finish } from '../../src-main/pipeline/finish.ts'
import type { Job } from '../../src-main/pipeline/job.ts'

const [, , jobFile, deadly = 'Infinity', delay = '0'] = process.argv
if (jobFile === undefined) throw new Error('finish-child.ts JOB.json [deadly delay]')
const job = JSON.parse(readFileSync(jobFile, 'utf8')) as Extract<Job, { kind: 'finish' }> // written by sigkill.test.ts
const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
let rows = 0
await finish(job, new AbortController().signal, (event) => {
  if (event.kind !== 'layer') return
  writeSync(1, `${JSON.stringify(event.row)}\n`)
  if (++rows !== Number(deadly)) return
  if (delay === '0') die()
  else setTimeout(die, Number(delay))
})
