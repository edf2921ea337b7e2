/**
 * Holds folders that Whittle wrote against Hugging Face transformers: our logits and theirs on seeded tokens, to 1e-3.
 *
 *   WHITTLE_PYTHON=<python with torch and transformers> node test/golden/exports/check-folder.ts <folder> [<folder> ...]
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openForward } from '../../../src-main/forward/forward.ts'
import { openExport } from '../../../src-main/model/open-export.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { allLogits } from '../../forward/pass.ts'

const TOLERANCE = 1e-3
const WINDOWS = 4
const LENGTH = 64

const work = await mkdtemp(join(tmpdir(), 'whittle-check-'))
const forward = openForward({ device: 'cpu', threads: 0 })
try {
  const jobs = []
  for (const [i, folder] of process.argv.slice(2).entries()) {
    const model = await openExport(resolve(folder), {}, { multiply: (a, b) => forward.matrices.product(a, b) })
    const random = seededRandom(i + 1)
    const tokens = Array.from({ length: WINDOWS }, () =>
      Int32Array.from({ length: LENGTH }, () => Math.floor(random() * model.shape.vocabulary)),
    )
    const logits = await allLogits(forward, model, tokens)
    await model.close()
    const file = join(work, `${i}.f32`)
    await writeFile(file, new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
    jobs.push({ folder: resolve(folder), tokens: tokens.map((window) => [...window]), logits: file })
  }
  await writeFile(join(work, 'job.json'), JSON.stringify(jobs))
  const python = process.env['WHITTLE_PYTHON'] ?? 'python3'
  const env = { ...process.env, HF_HOME: join(work, 'hf'), HF_HUB_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' }
  const ran = spawnSync(python, [join(import.meta.dirname, 'check.py'), join(work, 'job.json')], { env, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`check.py failed: ${ran.stderr.slice(-2000)}`)
  for (const line of ran.stdout.trim().split('\n')) {
    const found = JSON.parse(line) as { folder: string; worst: number; scale: number; class: string } // a line of check.py
    const agrees = found.worst < TOLERANCE
    if (!agrees) process.exitCode = 1
    process.stdout.write(
      `${agrees ? 'agrees' : 'DISAGREES'}  ${found.class}  largest difference ${found.worst.toExponential(1)} of logits up to ${found.scale.toFixed(1)}  ${found.folder}\n`,
    )
  }
} finally {
  await forward.close()
  await rm(work, { recursive: true, force: true })
}
