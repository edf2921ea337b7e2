import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { checkpointTensors } from '../../src-main/architectures/tensor-list.ts'
import type { TensorPlace } from '../../src-main/architectures/tensor-list.ts'
import type { LayerForm, ModelForm, ProjectionForm } from '../../src-main/contract/form.ts'
import { SafetensorsFolderWriter } from '../../src-main/formats/safetensors/folder-writer.ts'
import { openSafetensorsSpans } from '../../src-main/formats/safetensors/reader.ts'
import { readBytes } from '../../src-main/formats/safetensors/lazy.ts'
import { exportConfig, MODELING_FILE } from '../../src-main/forms/export-config.ts'
import type { ExportFormat } from '../../src-main/forms/export-config.ts'
import { FOLDER_METADATA, folderTensors, formedPlaces, indexJson, shardName, shardTensors } from '../../src-main/forms/folder-tensors.ts'
import type { FolderTensor } from '../../src-main/forms/folder-tensors.ts'
import { encodeProjection } from '../../src-main/forms/projection.ts'
import type { EncodedTensors } from '../../src-main/forms/stored.ts'
import type { ProjectionValues } from '../../src-main/forms/values.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { isWeightDtype } from '../../src-main/tensor/dtype.ts'
import { seededValues } from './seeded-values.ts'

const MODELING = path.join(import.meta.dirname, '../../resources/modeling', MODELING_FILE)

/** One formed projection with the values it was written with. */
export interface WrittenProjection {
  readonly form: ProjectionForm
  readonly places: readonly TensorPlace[]
  readonly values: ProjectionValues
}

/** Seeded values for all of a form's projections, layer by layer. */
export function formedProjections(model: Pick<MoeModel, 'architecture' | 'shape'>, form: ModelForm, seed = 1): WrittenProjection[] {
  const places = checkpointTensors(model.architecture, model.shape)
  return form.layers.flatMap((layer, index) => {
    const formed = formedPlaces(
      places.filter((place) => place.layer === index),
      layer,
    )
    return [...formed].map(([role, ofRole], i) => projection(layer, role, ofRole, seed * 1000 + index * 10 + i))
  })
}

function projection(layer: LayerForm, role: keyof LayerForm, places: readonly TensorPlace[], seed: number): WrittenProjection {
  const form = layer[role]
  if (form === undefined) throw new Error(`no form for ${role}`)
  return { form, places, values: seededValues(form, places, seed) }
}

/** Writes `checkpoint` as a folder of `form` with seeded values; plain tensors are copied. */
export async function writeExport(
  checkpoint: string,
  out: string,
  form: ModelForm,
  format: ExportFormat = 'safetensors',
): Promise<WrittenProjection[]> {
  const { model } = await openCheckpoint(checkpoint)
  await model.close()
  const source = await openSafetensorsSpans(checkpoint)
  try {
    const spanOf = (name: string) => source.located.get(name) ?? { file: undefined, span: undefined }
    const dtypeOf = (place: TensorPlace) => {
      const dtype = spanOf(place.name).span?.dtype ?? ''
      if (!isWeightDtype(dtype)) throw new Error(`${place.name} is not a weight`)
      return dtype
    }
    const projections = formedProjections(model, form)
    const encoded: EncodedTensors = new Map(
      projections.flatMap(({ form: of, values, places }) => [...encodeProjection(of, values, places)]),
    )
    const tensors = folderTensors(model, dtypeOf, form)
    const bytesOf = async (tensor: FolderTensor) => {
      const { file, span } = spanOf(tensor.name)
      const bytes =
        file === undefined ? encoded.get(tensor.name)?.() : new Uint8Array(await readBytes(file, span, span.start, span.end - span.start))
      if (bytes === undefined) throw new Error(`${tensor.name} is nowhere`)
      return bytes
    }
    const config: unknown = JSON.parse(await readFile(path.join(checkpoint, 'config.json'), 'utf8'))
    const exported = exportConfig(config as Record<string, unknown>, form, format, model)
    await writeFolder(out, tensors, bytesOf, [
      { name: 'config.json', content: JSON.stringify(exported, null, 2) },
      { name: 'model.safetensors.index.json', content: indexJson(tensors) },
      ...(format === 'safetensors' ? [{ name: MODELING_FILE, content: { copyOf: MODELING } }] : []),
    ])
    return projections
  } finally {
    await source.close()
  }
}

async function writeFolder(
  out: string,
  tensors: readonly FolderTensor[],
  bytesOf: (tensor: FolderTensor) => Promise<Uint8Array>,
  files: Parameters<SafetensorsFolderWriter['finish']>[0],
): Promise<void> {
  const shards = shardTensors(tensors)
  const writer = await SafetensorsFolderWriter.create(
    out,
    shards.map((inShard, i) => ({ name: shardName(i, shards.length), tensors: inShard, metadata: FOLDER_METADATA })),
  )
  try {
    for (const [i, inShard] of shards.entries()) {
      await writer.begin(i)
      for (const tensor of inShard) await writer.write(tensor.name, await bytesOf(tensor))
      await writer.end()
    }
    await writer.finish(files)
  } catch (error) {
    await writer.abort('remove')
    throw error
  }
}
