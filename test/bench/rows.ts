import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { widenBf16 } from '../../src-main/tensor/convert.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** A matrix to encode, and the importance of its columns. */
export interface TestRows {
  readonly name: string
  readonly columns: number
  /** (rows, columns) */
  readonly weights: Float32Array
  /** (columns), log-normal. */
  readonly importance: Float32Array
}

const SHARED_MODEL = join(import.meta.dirname, '../../../shared/models/wiki-moe16')

/** Where the trained rows come from when ../shared is there; tests without it say so and do without. */
export const trainedRowsMissing = existsSync(SHARED_MODEL) ? null : `${SHARED_MODEL} is absent`

/** Random rows of several shapes, and rows of a trained model where there is one. */
export function testRows(rows: number, columns: number, seed: number): TestRows[] {
  const random = seededRandom(seed)
  const normal = normalFrom(random)
  const importance = (size: number): Float32Array => Float32Array.from({ length: size }, () => Math.exp(normal()))
  const drawn = (draw: () => number): Float32Array => Float32Array.from({ length: rows * columns }, draw)
  const sets: TestRows[] = [
    { name: 'gaussian', columns, weights: drawn(() => 0.03 * normal()), importance: importance(columns) },
    {
      name: 'heavy-tailed',
      columns,
      weights: drawn(() => (0.03 * normal()) / (Math.abs(normal()) + 0.3)),
      importance: importance(columns),
    },
    { name: 'outlier', columns, weights: drawn(() => 0.03 * normal() * (random() < 0.005 ? 12 : 1)), importance: importance(columns) },
  ]
  if (trainedRowsMissing === null) {
    const weights = trainedRows('model.layers.1.mlp.experts.3.down_proj.weight').slice(0, rows * columns)
    sets.push({ name: 'trained', columns: 256, weights, importance: importance(256) })
  }
  return sets
}

function trainedRows(name: string): Float32Array {
  const index = JSON.parse(readFileSync(join(SHARED_MODEL, 'model.safetensors.index.json'), 'utf8')) as {
    weight_map: Record<string, string>
  }
  const file = openSync(join(SHARED_MODEL, index.weight_map[name] ?? ''), 'r')
  try {
    const length = Buffer.alloc(8)
    readSync(file, length, 0, 8, 0)
    const header = Buffer.alloc(Number(length.readBigUInt64LE()))
    readSync(file, header, 0, header.length, 8)
    const tensors = JSON.parse(header.toString()) as Record<string, { data_offsets: [number, number] } | undefined>
    const [start, end] = tensors[name]?.data_offsets ?? [0, 0]
    const data = new Uint8Array(end - start)
    readSync(file, data, 0, data.length, 8 + header.length + start)
    return widenBf16(new Uint16Array(data.buffer))
  } finally {
    closeSync(file)
  }
}

/** Rows no model should have and some do: each a block of 512 columns that a search might trip over. */
export function extremeRows(seed: number): TestRows {
  const random = seededRandom(seed)
  const normal = normalFrom(random)
  const columns = 512
  const draws: ((j: number) => number)[] = [
    () => 0,
    () => -0,
    () => 1,
    () => -1,
    () => 3e38,
    () => -3e38,
    () => 1e-45,
    () => 2 ** -25,
    () => 2 ** -24,
    () => 65504,
    () => normal() * 1e-40,
    () => normal() * 1e-20,
    () => normal() * 1e-8,
    () => normal() * 1e-6,
    () => normal() * 1e6,
    () => normal() * 1e10,
    () => normal() * 1e37,
    () => Math.abs(normal()),
    () => -Math.abs(normal()),
    () => 5 + 1e-4 * normal(),
    () => -5 + 1e-4 * normal(),
    (j) => (j === 100 ? 1 : 0),
    (j) => (j === 300 ? -1e30 : normal()),
    (j) => (j % 32 === 0 ? 0 : normal()),
    (j) => 2 ** -(j % 140),
    (j) => (j < 256 ? 0 : normal()),
    (j) => (j % 2 === 0 ? 1 : -1),
    (j) => j - 256,
    () => Math.round(normal() * 2),
    () => 2 ** Math.floor(random() * 250 - 125) * Math.sign(normal()),
  ]
  const weights = Float32Array.from({ length: draws.length * columns }, (_, i) => draws[Math.floor(i / columns)]?.(i % columns) ?? 0)
  const importance = Float32Array.from({ length: columns }, (_, j) =>
    j < 64 ? 0 : j < 128 ? Math.exp(normal()) : j < 160 ? 1e-42 : j < 192 ? 1e38 : j % 7 === 0 ? 0 : 10 ** (4 * normal()),
  )
  return { name: 'extreme', columns, weights, importance }
}
