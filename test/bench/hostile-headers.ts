import { writeQwen3MoeConfig } from '../fixtures/qwen3-moe-config.ts'
import { PLAIN_TRAITS } from '../../src-main/architectures/shape.ts'
/**
 * What the largest hostile headers cost to open, beside sound ones: processor time, memory, and how long the page waits meanwhile. Its
 * rival is the sound header of the same size, or the largest that is allowed where a hostile one is larger. npm run bench:headers. Exits
 * with 1 where a hostile one costs more than three times as much, or the page waits 200 ms. Linux only.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import { toErrorShape } from '../../src-main/contract/errors.ts'
import { ByteSink } from '../../src-main/formats/gguf/byte-sink.ts'
import { openGguf } from '../../src-main/formats/gguf/reader.ts'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { writeSparse, writeSparseCheckpoint } from '../fixtures/large-model.ts'

const MOST = 3
const PATIENCE_MS = 200

/** What one opening took beside an opening of nothing. */
interface Cost {
  readonly outcome: string
  readonly cpuSeconds: number
  readonly bytes: number
  readonly waitedMs: number
}

interface Case {
  readonly name: string
  readonly path: string
  readonly rival: string | null
}

const SHAPE: ModelShape = {
  layers: 48,
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  headSize: 16,
  experts: 128,
  expertsPerToken: 8,
  expertWidth: 32,
  vocabulary: 320,
  contextLength: 256,
  ropeBase: 10000,
  normEpsilon: 1e-6,
  normalizeGates: true,
  tiedEmbeddings: false,
  traits: PLAIN_TRAITS,
}

/** A folder whose model.safetensors is a header of `json`, with `dataBytes` behind it. */
async function folderOf(root: string, name: string, json: string, shape = SHAPE, dataBytes = 0): Promise<string> {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(writeQwen3MoeConfig(shape)))
  const header = new TextEncoder().encode(json)
  const file = new Uint8Array(8 + header.byteLength)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.byteLength), true)
  file.set(header, 8)
  await writeSparse(join(folder, 'model.safetensors'), file, file.byteLength + dataBytes)
  return folder
}

function indexOf(root: string, name: string, names: number): string {
  const folder = join(root, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify(writeQwen3MoeConfig(SHAPE)))
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    `{"weight_map":{${Array.from({ length: names }, (_, at) => `"${at}":"a"`).join(',')}}}`,
  )
  return folder
}

/** A file of metadata arrays and nothing else. */
function ggufOf(root: string, name: string, arrays: number, write: (sink: ByteSink) => void): string {
  const sink = new ByteSink()
  sink.raw(new TextEncoder().encode('GGUF'))
  sink.u32(3)
  sink.u64(0)
  sink.u64(arrays)
  for (let at = 0; at < arrays; at++) {
    sink.string(`key.${at}`)
    sink.i32(9)
    write(sink)
  }
  sink.pad(32)
  const path = join(root, `${name}.gguf`)
  writeFileSync(path, sink.finish())
  return path
}

const words = (count: number) => (sink: ByteSink) => {
  sink.i32(8)
  sink.u64(count)
  for (let at = 0; at < count; at++) sink.string(String(at % 100))
}
const bytes = (count: number) => (sink: ByteSink) => {
  sink.i32(0)
  sink.u64(count)
  sink.raw(new Uint8Array(count))
}

async function casesIn(root: string): Promise<Case[]> {
  const sound = await writeSparseCheckpoint(join(root, 'sound-2mb'), SHAPE, 'BF16')
  const large = await writeSparseCheckpoint(join(root, 'sound-largest'), { ...SHAPE, layers: 260, experts: 500 }, 'BF16')
  const vocabulary = ggufOf(root, 'sound-words', 2, words(2_000_000))
  const numbers = ggufOf(root, 'sound-numbers', 2, bytes(4_000_000))
  const folder = (name: string, json: string, rival: string, shape = SHAPE, dataBytes = 0) =>
    folderOf(root, name, json, shape, dataBytes).then((path): Case => ({ name, path, rival }))
  return [
    { name: "sound: Qwen3-30B-A3B's tensors", path: sound, rival: null },
    { name: 'sound: 390,000 tensors', path: large, rival: null },
    await folder(
      'metadata of 6.5 million keys',
      `{"__metadata__":{${Array.from({ length: 6_500_000 }, (_, at) => `"${at}":""`).join(',')}}}`,
      large,
    ),
    await folder('33 million []', `{"a":[${'[],'.repeat(33_000_000)}[]]}`, large),
    await folder('15 million [] in 45 MB', `{"a":[${'[],'.repeat(15_000_000)}[]]}`, large),
    await folder(
      'one tensor 390,000 times',
      `{${Array.from({ length: 390_000 }, () => '"model.layers.0.mlp.experts.0.gate_proj.weight":{"dtype":"BF16","shape":[32,64],"data_offsets":[0,4096]}').join(',')}}`,
      large,
    ),
    { name: 'index of 6.5 million names', path: indexOf(root, 'index', 6_500_000), rival: large },
    await folder(
      'config of 512 x 1024 experts over nothing',
      '{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}',
      sound,
      { ...SHAPE, layers: 512, experts: 1024 },
      2,
    ),
    { name: 'sound: GGUF of 4 million words', path: vocabulary, rival: null },
    { name: 'sound: GGUF of 8 million numbers', path: numbers, rival: null },
    { name: 'GGUF of 14 million words', path: ggufOf(root, 'words', 1, words(14_000_000)), rival: vocabulary },
    { name: 'GGUF of 16 arrays of 15.9 million', path: ggufOf(root, 'arrays', 16, bytes(15_900_000)), rival: numbers },
    { name: 'GGUF of 16 arrays of 3.9 million', path: ggufOf(root, 'smaller', 16, bytes(3_900_000)), rival: numbers },
  ]
}

/** Opens one in this process, as the page would ask for it, while another call asks for an answer every 20 ms. */
async function openOne(path: string | undefined): Promise<Cost> {
  const work = mkdtempSync(join(tmpdir(), 'whittle-headers-work-'))
  const workplace = openWorkplace({
    host: { kind: 'web', missing: [], pickFolder: null, reveal: null },
    spawn: () => forkEngine('none'),
    root: SOURCE_ROOT,
    work,
  })
  const { service } = workplace
  await service.call('model.open', { path: join(SOURCE_ROOT, 'resources', 'demo-model') }) // the thread stands before the clock starts
  const before = process.cpuUsage()
  let outcome = 'nothing opened'
  const opening =
    path === undefined
      ? Promise.resolve()
      : (path.endsWith('.gguf')
          ? openGguf(path, referenceKernels).then((file) => file.close())
          : service.call('model.open', { path })
        ).then(
          () => {
            outcome = 'opened'
          },
          (error: unknown) => {
            outcome = toErrorShape(error).code
          },
        )
  let [done, waitedMs] = [false, 0]
  void opening.then(() => {
    done = true
  })
  do {
    const asked = performance.now()
    await service.call('settings.get', {})
    await delay(20)
    waitedMs = Math.max(waitedMs, performance.now() - asked - 20)
  } while (!done)
  const { user, system } = process.cpuUsage(before)
  const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  await workplace.close()
  rmSync(work, { recursive: true })
  return { outcome, cpuSeconds: (user + system) / 1e6, bytes: peak, waitedMs }
}

function inProcess(path?: string): Cost {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), '--open', ...(path === undefined ? [] : [path])],
    { encoding: 'utf8' },
  )
  try {
    return JSON.parse(stdout) as Cost
  } catch {
    throw new Error(`opening ${path} ended without an answer: ${stderr.slice(-500)}`)
  }
}

/** @returns whether all are within bounds */
async function compare(): Promise<boolean> {
  const root = mkdtempSync(join(tmpdir(), 'whittle-headers-'))
  try {
    const idle = inProcess()
    const costs = new Map<string, Cost>()
    let sound = true
    for (const { name, path, rival } of await casesIn(root)) {
      const cost = inProcess(path)
      costs.set(path, cost)
      const than = rival === null ? undefined : costs.get(rival)
      const cpu = than === undefined ? null : Math.max(0, cost.cpuSeconds - idle.cpuSeconds) / (than.cpuSeconds - idle.cpuSeconds)
      const memory = than === undefined ? null : Math.max(0, cost.bytes - idle.bytes) / (than.bytes - idle.bytes)
      // GGUF files are opened by engines only: there is no page to wait.
      const waits = !path.endsWith('.gguf') && cost.waitedMs >= PATIENCE_MS
      if ((cpu ?? 0) > MOST || (memory ?? 0) > MOST || waits) sound = false
      const ratio = (of: number | null) => (of === null ? '     ' : `${of.toFixed(2)}x`)
      process.stdout.write(
        `${name.padEnd(44)} ${cost.outcome.padEnd(18)} ${cost.cpuSeconds.toFixed(2)} CPU s ${ratio(cpu)}  ${(cost.bytes / 1e6).toFixed(0)} MB ${ratio(memory)}  page ${path.endsWith('.gguf') ? '-' : `${cost.waitedMs.toFixed(0)} ms`}\n`,
      )
    }
    process.stdout.write(`an opening of nothing: ${idle.cpuSeconds.toFixed(2)} CPU s, ${(idle.bytes / 1e6).toFixed(0)} MB\n`)
    return sound
  } finally {
    rmSync(root, { recursive: true })
  }
}

if (process.argv[2] === '--open') process.stdout.write(JSON.stringify(await openOne(process.argv[3])))
else process.exitCode = (await compare()) ? 0 : 1
