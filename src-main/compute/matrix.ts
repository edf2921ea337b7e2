import { defineGraph } from './graph.ts'
import type { Graph } from './graph.ts'
import type { ComputeSession } from './session.ts'
import { hostTensor } from './tensor-handle.ts'

/** Float32 numbers as a matrix, row-major. */
export interface Matrix {
  readonly data: Float32Array
  readonly rows: number
  readonly columns: number
}

/** Which factors of a product are taken transposed, as if they were stored the other way round. */
export interface ProductOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
}

/** Matrix products of model size, in float32 on a device. Sizes that do not fit are RangeErrors; the rest is what the session throws. */
export interface MatrixMath {
  /** a b, or a^T b, a b^T, a^T b^T. */
  product(a: Matrix, b: Matrix, options?: ProductOptions): Promise<Matrix>
  /** x^T x. @param x (tokens, columns) @returns (columns, columns) */
  gram(x: Matrix): Promise<Matrix>
}

/** No buffer of a run is larger: some devices stop at 1 GB. */
const LARGEST_BYTES = 512 * 1024 * 1024

/** How much of a product one run takes: `rows` and `columns` of the result, `inner` of the sum. */
interface Tile {
  rows: number
  columns: number
  inner: number
}

/** Products on the session's device. Nothing is kept between calls but the compiled graphs. @param largestBytes of any matrix of one run */
export function matrixMath(compute: ComputeSession, largestBytes: number = LARGEST_BYTES): MatrixMath {
  const product = (a: Matrix, b: Matrix, options: ProductOptions = {}): Promise<Matrix> =>
    tiledProduct(compute, a, b, options, largestBytes / 4)
  return { product, gram: (x) => product(x, x, { transposeA: true }) }
}

const GRAPHS = [gemmGraph(false, false), gemmGraph(false, true), gemmGraph(true, false), gemmGraph(true, true)] as const

function gemmGraph(transposeA: boolean, transposeB: boolean): Graph {
  return defineGraph(`gemm-${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`, (g) => {
    const a = g.input('a', transposeA ? ['inner', 'rows'] : ['rows', 'inner'])
    const b = g.input('b', transposeB ? ['columns', 'inner'] : ['inner', 'columns'])
    g.output('result', g.call('Gemm', [a, b], { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } }), [
      'rows',
      'columns',
    ])
  })
}

async function tiledProduct(compute: ComputeSession, a: Matrix, b: Matrix, options: ProductOptions, largest: number): Promise<Matrix> {
  const { transposeA = false, transposeB = false } = options
  assertSizes(a)
  assertSizes(b)
  const [rows, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns]
  const [innerOfB, columns] = transposeB ? [b.columns, b.rows] : [b.rows, b.columns]
  if (inner !== innerOfB) throw new RangeError(`no product of ${rows} x ${inner} with ${innerOfB} x ${columns}`)
  const result = { data: new Float32Array(rows * columns), rows, columns }
  const graph = GRAPHS[(transposeA ? 2 : 0) + (transposeB ? 1 : 0)] ?? GRAPHS[0]
  const tile = tileOf({ rows, columns, inner }, transposeA, transposeB, largest)
  for (let i = 0; i < rows; i += tile.rows) {
    for (let p = 0; p < inner; p += tile.inner) {
      const [count, depth] = [Math.min(tile.rows, rows - i), Math.min(tile.inner, inner - p)]
      const partOfA = transposeA ? part(a, p, depth, i, count) : part(a, i, count, p, depth)
      for (let j = 0; j < columns; j += tile.columns) {
        const width = Math.min(tile.columns, columns - j)
        const partOfB = transposeB ? part(b, j, width, p, depth) : part(b, p, depth, j, width)
        const { result: found } = await compute.run(graph, { a: tensor(partOfA), b: tensor(partOfB) })
        if (found === undefined) throw new Error('gemm gave no result')
        if (found.data.length === result.data.length && depth === inner) return { data: found.data, rows, columns }
        add(result, i, j, { data: found.data, rows: count, columns: width })
      }
    }
  }
  return result
}

function assertSizes({ data, rows, columns }: Matrix): void {
  if (data.length !== rows * columns) throw new RangeError(`${data.length} numbers are not a ${rows} x ${columns} matrix`)
}

const tensor = ({ data, rows, columns }: Matrix): ReturnType<typeof hostTensor> => hostTensor(data, [rows, columns])

/** The product halved, always along the rows of the stored matrix that is too large, until every part fits. */
function tileOf(whole: Tile, transposeA: boolean, transposeB: boolean, largest: number): Tile {
  const tile = { ...whole }
  const halve = (size: keyof Tile): boolean => {
    if (tile[size] === 1) return false
    tile[size] = Math.ceil(tile[size] / 2)
    return true
  }
  for (;;) {
    const { rows, columns, inner } = tile
    if (rows * inner > largest && halve(transposeA ? 'inner' : 'rows')) continue
    if (inner * columns > largest && halve(transposeB ? 'columns' : 'inner')) continue
    if (rows * columns > largest && halve('rows')) continue
    return tile
  }
}

/** Some rows and columns of a matrix: a view where rows are taken whole, else a copy. */
function part({ data, columns }: Matrix, row: number, rows: number, column: number, width: number): Matrix {
  if (width === columns) return { data: data.subarray(row * columns, (row + rows) * columns), rows, columns }
  const copy = new Float32Array(rows * width)
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * columns + column
    copy.set(data.subarray(start, start + width), i * width)
  }
  return { data: copy, rows, columns: width }
}

function add(into: Matrix, row: number, column: number, from: Matrix): void {
  for (let i = 0; i < from.rows; i++) {
    const to = (row + i) * into.columns + column
    const start = i * from.columns
    for (let j = 0; j < from.columns; j++) into.data[to + j] = (into.data[to + j] as number) + (from.data[start + j] as number)
  }
}
