import { matrixMath } from '../../src-main/compute/matrix.ts'
import type { MatrixMath } from '../../src-main/compute/matrix.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { hessianFactor } from '../../src-main/kernels/linear-algebra/hessian-factor.ts'
import type { LinearAlgebra } from '../../src-main/kernels/linear-algebra/linear-algebra.ts'
import { transposed } from '../../src-main/kernels/linear-algebra/product.ts'
import { thinSvd } from '../../src-main/kernels/linear-algebra/thin-svd.ts'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/**
 * The addon's linear algebra against the TypeScript reference and, where there is one, the way through ONNX Runtime (float32, one thread;
 * rival: MLAS products with the triangles in TypeScript): CPU seconds, so that other work on the machine disturbs little.
 *   node test/bench/linear-algebra.ts [--json]
 */

const TURNS = 3
const HESSIAN = 2048
const WIDTH = 768
/** Diagonal blocks of the way through ONNX Runtime, done by the reference. */
const BLOCK = 128

interface Line {
  task: string
  /** CPU milliseconds, the least of the turns. */
  native: number
  reference: number
  runtime: number | null
}

async function cpuMilliseconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e3
}

async function best(work: () => unknown, turns = TURNS): Promise<number> {
  let least = Infinity
  for (let turn = 0; turn < turns; turn++) least = Math.min(least, await cpuMilliseconds(work))
  return least
}

/** A matrix to be factored, in float64, and its random factor (n, inner) of which it is the Gram matrix. */
function randomGram(algebra: LinearAlgebra, n: number, inner: number): Float64Array {
  const x = Float64Array.from({ length: n * inner }, normalFrom(seededRandom(n)))
  return algebra.product(x, n, inner, transposed(x, n, inner), n).map((value) => value / inner)
}

/** Right-looking block Cholesky: diagonal blocks and panels by the reference in float64, trailing updates by ONNX Runtime in float32. */
async function runtimeCholesky(math: MatrixMath, source: Float64Array, n: number): Promise<Float32Array> {
  const a = Float32Array.from(source)
  const { algebra } = referenceKernels
  for (let k = 0; k < n; k += BLOCK) {
    const rest = n - k - BLOCK
    const corner = algebra.cholesky(
      Float64Array.from({ length: BLOCK * BLOCK }, (_, at) => a[(k + Math.floor(at / BLOCK)) * n + k + (at % BLOCK)] ?? NaN),
      BLOCK,
    )
    if (corner === null) throw new Error('not positive definite')
    for (let i = 0; i < BLOCK; i++) for (let j = 0; j < BLOCK; j++) a[(k + i) * n + k + j] = corner[i * BLOCK + j] ?? NaN
    if (rest === 0) break
    const below = new Float32Array(rest * BLOCK)
    for (let i = 0; i < rest; i++) below.set(a.subarray((k + BLOCK + i) * n + k, (k + BLOCK + i) * n + k + BLOCK), i * BLOCK)
    const lower = { data: Float32Array.from(algebra.invertLower(corner, BLOCK)), rows: BLOCK, columns: BLOCK }
    const panel = await math.product({ data: below, rows: rest, columns: BLOCK }, lower, { transposeB: true })
    const update = await math.product(panel, panel, { transposeB: true })
    for (let i = 0; i < rest; i++) {
      const row = (k + BLOCK + i) * n + k
      a.set(panel.data.subarray(i * BLOCK, (i + 1) * BLOCK), row)
      for (let j = 0; j <= i; j++) a[row + BLOCK + j] = (a[row + BLOCK + j] as number) - (update.data[i * rest + j] as number)
    }
  }
  return a
}

async function measure(native: LinearAlgebra, math: MatrixMath): Promise<Line[]> {
  const reference = referenceKernels.algebra
  const small = randomGram(native, WIDTH, 2 * WIDTH)
  const large = randomGram(native, HESSIAN, 2 * HESSIAN)
  const factor = native.cholesky(large, HESSIAN) ?? new Float64Array(0)
  const weights = Float32Array.from({ length: WIDTH * HESSIAN }, normalFrom(seededRandom(1)))
  const matrix = { data: weights, rows: WIDTH, columns: HESSIAN }
  const doubles = Float64Array.from(weights)
  const other = transposed(weights, WIDTH, HESSIAN)
  const tasks: [string, (algebra: LinearAlgebra) => unknown, (() => Promise<unknown>) | null][] = [
    [`eigenvectors ${WIDTH}`, (algebra) => algebra.symmetricEigen(small, WIDTH), null],
    [`Cholesky ${HESSIAN}`, (algebra) => algebra.cholesky(large, HESSIAN), () => runtimeCholesky(math, large, HESSIAN)],
    [`triangular inverse ${HESSIAN}`, (algebra) => algebra.invertLower(factor, HESSIAN), null],
    [`GPTQ's factor ${HESSIAN}`, (algebra) => hessianFactor(algebra, large, HESSIAN, 0.01), null],
    [
      `product ${WIDTH} x ${HESSIAN} x ${WIDTH}`,
      (algebra) => algebra.product(doubles, WIDTH, HESSIAN, other, WIDTH),
      () => math.product(matrix, matrix, { transposeB: true }),
    ],
    [`thin SVD ${WIDTH} x ${HESSIAN}`, (algebra) => thinSvd(algebra, weights, WIDTH, HESSIAN), null],
  ]
  const lines: Line[] = []
  for (const [task, work, throughRuntime] of tasks) {
    lines.push({
      task,
      native: await best(() => work(native)),
      reference: await best(() => work(reference), 1),
      runtime: throughRuntime === null ? null : await best(throughRuntime),
    })
  }
  return lines
}

const { kernels, reason } = loadNativeKernels(process.env['WHITTLE_KERNELS_ADDON'])
if (kernels === null) throw new Error(reason ?? 'no addon')
const compute = openCompute({ device: 'cpu', threads: 1 })
try {
  const lines = await measure(kernels.algebra, matrixMath(compute))
  if (process.argv.includes('--json')) console.log(JSON.stringify(lines, null, 2))
  else {
    console.log('CPU milliseconds (ratio to native; more than 1 = native is faster)')
    for (const { task, native, reference, runtime } of lines) {
      const rival = runtime === null ? '' : `  ONNX Runtime f32 ${runtime.toFixed()} (${(runtime / native).toFixed(2)})`
      console.log(
        `${task.padEnd(26)} native ${native.toFixed().padStart(5)}  reference ${reference.toFixed().padStart(6)} (${(reference / native).toFixed(1)})${rival}`,
      )
    }
  }
} finally {
  await compute.close()
}
