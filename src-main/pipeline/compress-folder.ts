import { checkpointTensors } from '../architectures/tensor-list.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import { sourcesOf } from '../calibration/stored-tensors.ts'
import type { LayerAtHand } from '../calibration/layer-at-hand.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { LayerForm } from '../contract/form.ts'
import type { Plan } from '../contract/plan.ts'
import type { JournalRow } from '../contract/run.ts'
import { SafetensorsFolderWriter } from '../formats/safetensors/folder-writer.ts'
import type { FolderFile } from '../formats/safetensors/folder-writer.ts'
import { FOLDER_METADATA, folderBytes, formedPlaces, shardName, shardTensors } from '../forms/folder-tensors.ts'
import type { FolderTensor } from '../forms/folder-tensors.ts'
import { encodeProjection, openValues } from '../forms/projection.ts'
import type { RebuildOptions } from '../forms/projection.ts'
import type { EncodedTensors } from '../forms/stored.ts'
import type { LayerValues } from '../forms/values.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { outlineTensors, plainForm } from '../methods/limit.ts'
import type { FormWay, LayerTask } from '../methods/method.ts'
import { assertFinite } from '../model/finite.ts'
import { rowPieces } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { outlineOf } from './budget-of.ts'
import { openCheckpoints } from './learning-state.ts'
import type { Source } from './source.ts'

/** What writing an export works with. */
export interface CompressFolderInput {
  readonly source: Source
  readonly kernels: Kernels
  readonly forms: FormWay
  readonly plan: Plan
  readonly outPath: string
  readonly overwrite: boolean
  /** Whether what lies under the temporary name may be removed. */
  readonly ownsPartial: boolean
  /** Weight files already on disk; those whose hash is not borne out are written again. */
  readonly journal: readonly JournalRow[]
  /** The small files of the folder. */
  readonly files: readonly FolderFile[]
  /** The layers from a given one on, with what the calibration text feeds them. */
  readonly layersFrom: (layer: number) => AsyncGenerator<LayerAtHand>
  readonly rebuild: RebuildOptions
  readonly signal: AbortSignal
  /** A layer's weight file is on the disk. */
  onLayer(row: JournalRow): void
  /** Share of the whole that is done, 0..1. */
  onProgress(share: number, layer: number | null): void
  onLearning(layer: number, step: Parameters<LayerTask['onLearning']>[0]): void
}

/** The tensors of one weight file, and what its layer was made into. */
interface ShardTask {
  readonly tensors: readonly FolderTensor[]
  readonly form: LayerForm
  readonly values: LayerValues
}

/**
 * Writes the folder a plan describes, one weight file per layer: the verb `compress` for safetensors. The bytes depend on the checkpoint,
 * the plan, the calibration text and the device only. On failure the finished weight files stay, to be gone on with. Throws ExpectedError
 * 'disk-full', 'output-not-writable', 'output-exists', 'tensor-not-finite', 'output-changed', and what the method throws.
 */
export async function compressFolder(input: CompressFolderInput): Promise<void> {
  const {
    source: { model },
    plan,
    journal,
  } = input
  const forms = plan.form ?? plainForm(outlineOf(model))
  const tensors = outlineTensors(outlineOf(model), plan.format === 'safetensors-dense' ? plainForm(outlineOf(model)) : forms)
  const { total } = folderBytes(tensors)
  if (total !== plan.bytes) throw new Error(`the folder would have ${total} bytes, the plan says ${plan.bytes}`)
  const shards = shardTensors(tensors)
  const nameOf = (layer: number | null): string => shardName(layer === null ? 0 : layer + 1, shards.length)
  const writer = await SafetensorsFolderWriter.create(
    input.outPath,
    shards.map((inShard, shard) => ({ name: shardName(shard, shards.length), tensors: inShard, metadata: FOLDER_METADATA })),
    {
      overwrite: input.overwrite,
      replacePartial: input.ownsPartial,
      keepShards: new Map(journal.map((row) => [nameOf(row.layer), row.sha256])),
    },
  )
  try {
    if (!writer.done.has(nameOf(null))) await writeShard(input, writer, null, { tensors: shards[0] ?? [], form: {}, values: {} })
    const next = model.layers.findIndex(({ index }) => !writer.done.has(nameOf(index)))
    if (next >= 0) {
      for await (const layer of input.layersFrom(next)) {
        const form = forms.layers[layer.index] ?? {}
        const values = await apply(input, layer, form)
        await writeShard(input, writer, layer.index, { tensors: shards[layer.index + 1] ?? [], form, values })
      }
    }
    await writer.finish(input.files)
  } catch (error) {
    await writer.abort(error instanceof ExpectedError && error.code === 'tensor-not-finite' ? 'remove' : 'keep')
    throw error
  }
  await openCheckpoints(input.outPath, plan, null).removeAll()
}

/** The method's work on one layer. */
function apply(
  { forms, plan, outPath, onProgress, onLearning }: CompressFolderInput,
  layer: LayerAtHand,
  form: LayerForm,
): Promise<LayerValues> {
  return forms.apply(layer, {
    form,
    decision: plan.decisions[layer.index],
    parameters: plan.parameters,
    seed: plan.seed,
    onProgress: (share) => onProgress((layer.index + share) / layer.shape.layers, layer.index),
    onLearning: (step) => onLearning(layer.index, step),
    checkpoints: openCheckpoints(outPath, plan, layer.index),
  })
}

async function writeShard(
  input: CompressFolderInput,
  writer: SafetensorsFolderWriter,
  layer: number | null,
  task: ShardTask,
): Promise<void> {
  const started = performance.now()
  await writer.begin(layer === null ? 0 : layer + 1)
  const contents = contentsOf(input, layer, task)
  for (const tensor of task.tensors) {
    input.signal.throwIfAborted()
    if (tensor.place === null) await writer.write(tensor.name, contents.encoded(tensor.name))
    else await copyTensor(input, writer, tensor, contents.dense(tensor.place))
  }
  const { bytes, sha256 } = await writer.end()
  input.onLayer({ layer, finishedAt: new Date().toISOString(), bytes, sha256, seconds: (performance.now() - started) / 1000 })
}

/** Where a weight file's bytes come from: the values just made, and the checkpoint for everything else. */
function contentsOf({ source: { model }, plan, rebuild }: CompressFolderInput, layer: number | null, { form, values }: ShardTask) {
  const encoded: EncodedTensors[] = []
  const rebuilt = new Map<string, LazyTensor>()
  const places = checkpointTensors(model.architecture, model.shape).filter((place) => place.layer === layer)
  for (const [role, ofRole] of layer === null ? [] : formedPlaces(places, form)) {
    const [own, made] = [form[role], values[role]]
    if (own === undefined || made === undefined) throw new Error(`the method made nothing of ${role} in layer ${layer}`)
    if (plan.format === 'safetensors-dense')
      openValues(own, made, ofRole, rebuild).forEach((tensor, i) => rebuilt.set(ofRole[i]?.name ?? '', tensor))
    else encoded.push(encodeProjection(own, made, ofRole))
  }
  return {
    encoded(name: string): Uint8Array {
      const encode = encoded.map((one) => one.get(name)).find((one) => one !== undefined)
      if (encode === undefined) throw new Error(`nothing was made for ${name}`)
      return encode()
    },
    dense(place: TensorPlace): LazyTensor {
      const found = rebuilt.get(place.name) ?? sourcesOf(model, place)[place.expert ?? 0]
      if (found === undefined) throw new RangeError(`${place.name} has no source`)
      return found
    },
  }
}

/** A plain tensor, stored as the source stores it: the same bits where it was left alone. */
async function copyTensor(
  { kernels, signal }: CompressFolderInput,
  writer: SafetensorsFolderWriter,
  { name, dtype, shape }: FolderTensor,
  tensor: LazyTensor,
): Promise<void> {
  if (dtype === 'I8' || dtype === 'I32') throw new RangeError(`${name} is no weight`)
  const columns = shape.at(-1) ?? 1
  for (const { start, count } of rowPieces({ shape })) {
    signal.throwIfAborted()
    const weights = await tensor.readRows(start, count)
    assertFinite(name, weights)
    await writer.write(name, kernels.encode(dtype, weights, columns, null))
  }
}
