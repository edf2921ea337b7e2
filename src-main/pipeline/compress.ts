import { importanceFor } from '../calibration/importance.ts'
import { sourcesOf } from '../calibration/stored-tensors.ts'
import type { ModelStatistics } from '../calibration/statistics.ts'
import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { LayerAtHand } from '../calibration/layer-at-hand.ts'
import type { RoundingJobs } from '../calibration/rounding-jobs.ts'
import { hasInputs } from '../calibration/layer-at-hand.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { JournalRow } from '../contract/run.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import type { GgufLayout } from '../formats/gguf/layout.ts'
import { GgufWriter, partialPath, spanOf } from '../formats/gguf/writer.ts'
import type { WrittenSpan } from '../formats/gguf/writer.ts'
import { isFeedbackType } from '../kernels/gptq/gptq.ts'
import { assertFinite } from '../model/finite.ts'
import { GGML_TYPES } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { PIECE_WEIGHTS, rowPieces } from '../tensor/pieces.ts'
import { layoutOf, tensorsByLayer } from './source.ts'
import type { Source } from './source.ts'

/** What `compress` works with. */
export interface CompressInput {
  readonly source: Source
  readonly statistics: ModelStatistics
  readonly plan: Plan
  readonly outPath: string
  readonly overwrite: boolean
  /** Whether what lies under the temporary name may be cut or replaced. */
  readonly ownsPartial: boolean
  /** Layers already on disk, in the order written; whatever the partial file does not bear out is written again. */
  readonly journal: readonly JournalRow[]
  readonly pool: RoundingJobs
  /** The layers from a given one on, with what the calibration text feeds them: for a plan that rounds with error feedback; else null. */
  readonly layersFrom: ((layer: number) => AsyncGenerator<LayerAtHand>) | null
  readonly signal: AbortSignal
  /** Most weights read and encoded as one piece. For tests. */
  readonly pieceWeights?: number
  /** A layer's bytes are on the disk. */
  onLayer(row: JournalRow): void
  /** Weights encoded so far by this call, and the layer they belong to. */
  onProgress(weights: number, layer: number | null): void
}

/**
 * Writes the file a plan describes, layer by layer: the verb `compress`. The bytes depend on the checkpoint, the plan and the
 * statistics only, not on threads, interruptions or the time of day. On failure the partial file stays, to be resumed, unless it is
 * the checkpoint's fault, which no later attempt could mend.
 * Throws ExpectedError 'disk-full', 'output-not-writable', 'output-exists', 'tensor-not-finite', 'run-not-resumable', 'output-changed'.
 */
export async function compress(input: CompressInput): Promise<void> {
  const types = plannedTypes(input.plan)
  const layout = layoutOf(input.source, (tensor) => typeOf(types, tensor))
  if (layout.fileBytes !== input.plan.bytes)
    throw new Error(`the file would have ${layout.fileBytes} bytes, the plan says ${input.plan.bytes}`)
  const groups = [...tensorsByLayer(input.source.tensors)]
  const kept = await keptLayers(input, layout, groups)
  const options = { overwrite: input.overwrite, replacePartial: input.ownsPartial }
  const written: WrittenSpan[] = kept.spans
  const writer =
    kept.count === 0
      ? await GgufWriter.create(input.outPath, layout, options)
      : await GgufWriter.resume(input.outPath, layout, kept.end, options)
  const left = groups.slice(kept.count)
  const walk = input.layersFrom?.(left.find(([layer]) => layer !== null)?.[0] ?? groups.length)
  try {
    let encoded = 0
    for (const [layer, tensors] of left) {
      const started = performance.now()
      const atHand = layer === null || walk === undefined ? null : await nextLayer(walk, layer)
      for (const tensor of tensors) {
        const task = { tensor, type: typeOf(types, tensor), atHand }
        await writeTensor(input, writer, task, (weights) => input.onProgress((encoded += weights), layer))
      }
      await writer.sync()
      const span = writer.spanOf(tensors.map((tensor) => tensor.name))
      const sha256 = await readBack(partialPath(input.outPath), span)
      written.push({ ...span, sha256 })
      input.onLayer({
        layer,
        finishedAt: new Date().toISOString(),
        bytes: span.end - span.start,
        sha256,
        seconds: (performance.now() - started) / 1000,
      })
    }
  } catch (error) {
    await writer.abort(error instanceof ExpectedError && error.code === 'tensor-not-finite' ? 'remove' : 'keep')
    throw error
  } finally {
    await walk?.return(undefined)
  }
  await writer.finish(written)
}

/** The hash of what was just written, as it lies on the disk. */
async function readBack(path: string, { start, end }: { start: number; end: number }): Promise<string> {
  try {
    return await sha256OfRange(path, start, end)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isGone && !(error instanceof RangeError)) throw error
    throw new ExpectedError('output-changed', { path, reason: isGone ? 'gone' : 'cut' }, { cause: error })
  }
}

async function nextLayer(walk: AsyncGenerator<LayerAtHand>, layer: number): Promise<LayerAtHand> {
  const next = await walk.next()
  if (next.done === true || next.value.index !== layer) throw new Error(`the walk did not come to layer ${layer}`)
  return next.value
}

function plannedTypes(plan: Plan): Map<string, GgmlTypeName> {
  return new Map(plan.cells.map((cell) => [cell.tensor, asGgmlType(cell.detail)]))
}

function asGgmlType(name: string): GgmlTypeName {
  if (!Object.hasOwn(GGML_TYPES, name)) throw new ExpectedError('request-invalid', { reason: 'no-such-type', type: name })
  return name as GgmlTypeName
}

function typeOf(types: ReadonlyMap<string, GgmlTypeName>, tensor: StoredTensor): GgmlTypeName {
  const type = types.get(tensor.name)
  if (type === undefined) throw new ExpectedError('request-invalid', { reason: 'not-in-plan', tensor: tensor.name })
  return type
}

/** How many groups the journal holds that the partial file really contains, and where they end. */
async function keptLayers(
  input: CompressInput,
  layout: GgufLayout,
  groups: readonly (readonly [number | null, readonly StoredTensor[]])[],
): Promise<{ count: number; end: number; spans: WrittenSpan[] }> {
  let count = 0
  let end = 0
  const spans: WrittenSpan[] = []
  for (const [index, row] of input.journal.entries()) {
    input.signal.throwIfAborted()
    const group = groups[index]
    if (group === undefined || group[0] !== row.layer) break
    const span = spanOf(
      layout,
      group[1].map((tensor) => tensor.name),
    )
    const found = await sha256OfRange(partialPath(input.outPath), span.start, span.end).catch(() => null) // missing or too short: not kept
    if (found !== row.sha256) break
    count = index + 1
    end = span.end
    spans.push({ ...span, sha256: found })
  }
  return { count, end, spans }
}

/** One tensor to write, and its layer where the plan rounds with error feedback. */
interface TensorTask {
  readonly tensor: StoredTensor
  readonly type: GgmlTypeName
  readonly atHand: LayerAtHand | null
}

/** What the matrix's inputs say, where errors are to be fed on; null for tensors that have no inputs, or whose type has no grid. */
async function factorOf(
  pool: RoundingJobs,
  { tensor: { role, columns }, type, atHand }: TensorTask,
  expert: number,
): Promise<Float64Array | null> {
  if (atHand === null || !hasInputs(role) || !isFeedbackType(type)) return null
  return pool.factor(await atHand.secondMoment(role, expert), columns)
}

/** Reads, encodes and appends one tensor, a few pieces in flight at a time so that every thread of the pool has work. */
async function writeTensor(
  input: CompressInput,
  writer: GgufWriter,
  task: TensorTask,
  onWeights: (weights: number) => void,
): Promise<void> {
  const { tensor, type } = task
  const inFlight: { bytes: Promise<Uint8Array>; weights: number }[] = []
  const drain = async (most: number): Promise<void> => {
    while (inFlight.length > most) {
      const next = inFlight.shift()
      if (next === undefined) return
      await writer.write(tensor.name, await next.bytes)
      onWeights(next.weights)
    }
  }
  for (const [expert, source] of sourcesOf(input.source.model, tensor).entries()) {
    const shared = factorOf(input.pool, task, expert)
    shared.catch(() => undefined) // thrown with the pieces
    const importance = tensor.keptInF32 ? null : importanceFor(input.statistics, tensor, expert)
    const pieces: Promise<Uint8Array>[] = []
    for (const { start, count } of rowPieces(source, input.pieceWeights ?? PIECE_WEIGHTS)) {
      input.signal.throwIfAborted()
      const weights = await source.readRows(start, count)
      assertFinite(source.name, weights)
      const bytes = shared.then((factor) => input.pool.encode({ type, weights, columns: tensor.columns, importance, factor }))
      bytes.catch(() => undefined) // awaited in order below; an earlier failure must not leave this one unhandled
      pieces.push(bytes)
      inFlight.push({ bytes, weights: weights.length })
      await drain(input.pool.threads)
    }
    releaseAfter(input.pool, shared, pieces)
  }
  await drain(0)
}

/** Gives a factor back once all pieces rounded with it are there; after a failure nobody wants it. */
function releaseAfter(pool: RoundingJobs, shared: Promise<Float64Array | null>, pieces: readonly Promise<Uint8Array>[]): void {
  void Promise.allSettled([shared, ...pieces]).then(([factor]) => {
    if (factor.status === 'fulfilled' && factor.value !== null) pool.release(factor.value)
  })
}
