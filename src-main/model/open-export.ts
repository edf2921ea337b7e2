import { architectureById } from '../architectures/index.ts'
import type { Architecture, LayerRole, ModelRole, ModelShape } from '../architectures/architecture.ts'
import { checkpointTensors } from '../architectures/tensor-list.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import { ExpectedError } from '../contract/errors.ts'
import { issueFacts } from '../contract/issue-facts.ts'
import { ModelForm } from '../contract/form.ts'
import { lazyTensor, readBytes } from '../formats/safetensors/lazy.ts'
import { openSafetensorsSpans } from '../formats/safetensors/reader.ts'
import type { LocatedTensor, SafetensorsSpans } from '../formats/safetensors/reader.ts'
import { stockConfig } from '../forms/export-config.ts'
import { folderTensors, formedPlaces } from '../forms/folder-tensors.ts'
import type { FolderTensor } from '../forms/folder-tensors.ts'
import { keepLatestLayer } from '../forms/open-factored.ts'
import { openProjection } from '../forms/projection.ts'
import type { RebuildOptions } from '../forms/projection.ts'
import type { FindStored } from '../forms/stored.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { isWeightDtype } from '../tensor/dtype.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { assembleModel, matchTensors } from './assemble.ts'
import { canonicalTensors } from './canonical.ts'
import type { MoeModel } from './moe-model.ts'
import { openCheckpoint } from './open-checkpoint.ts'
import { readConfigJson } from './read-config.ts'

/**
 * Opens a safetensors folder Whittle wrote: matrices kept as codes or factors appear as dense ones, rebuilt whenever they are read; only
 * one layer's shared factors are held. A folder without a form opens as a checkpoint. Every tensor has exactly one role. Throws what
 * `openCheckpoint` throws; ExpectedError 'config-invalid' {key: 'whittle...', reason} when the form is not one or does not fit the model.
 */
export async function openExport(
  folder: string,
  kernels: Partial<Pick<Kernels, 'widenBf16'>> = {},
  options: Pick<RebuildOptions, 'multiply'> = {},
): Promise<MoeModel> {
  const config = await readConfigJson(folder)
  const stock = stockConfig(config)
  if (stock === null) return (await openCheckpoint(folder, kernels)).model
  const { architecture, shape } = understand(stock)
  const form = readForm(config['whittle'], shape)
  const source = await openSafetensorsSpans(folder)
  try {
    const find = checkedSources(source, expectedTensors(architecture, shape, form, source))
    const plain = (place: TensorPlace) => lazyTensor(found(source, place.name).file, found(source, place.name).span, kernels.widenBf16)
    const tensors = denseTensors(architecture, shape, form, plain, find, { ...options, kept: keepLatestLayer() })
    const own = canonicalTensors(shape, matchTensors(checkpointTensors(architecture, shape), tensors))
    const model = assembleModel(architecture, shape, own, source.close)
    return { ...model, pruning: form.pruning }
  } catch (error) {
    await source.close()
    throw error
  }
}

function understand(stock: Readonly<Record<string, unknown>>): { architecture: Architecture; shape: ModelShape } {
  const modelType = stock['model_type']
  if (typeof modelType !== 'string') throw new ExpectedError('config-invalid', { key: 'model_type', reason: 'missing-or-no-text' })
  const architecture = architectureById(modelType)
  return { architecture, shape: architecture.readShape(stock) }
}

function readForm(value: unknown, shape: ModelShape): ModelForm {
  const parsed = ModelForm.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ExpectedError('config-invalid', { key: ['whittle', ...(issue?.path ?? [])].join('.'), ...issueFacts(issue) })
  }
  const keep = parsed.data.pruning?.keep.length ?? shape.layers
  if (keep !== shape.layers)
    throw new ExpectedError('config-invalid', { key: 'whittle.pruning.keep', reason: 'other-layers', found: keep, wanted: shape.layers })
  return parsed.data
}

/** What the folder must hold; plain tensors may have any type of weights. */
function expectedTensors(architecture: Architecture, shape: ModelShape, form: ModelForm, source: SafetensorsSpans): FolderTensor[] {
  const dtypeOf = (place: TensorPlace) => {
    const { file, span } = found(source, place.name)
    if (!isWeightDtype(span.dtype)) throw new ExpectedError('dtype-unsupported', { path: file.path, tensor: place.name, dtype: span.dtype })
    return span.dtype
  }
  try {
    return folderTensors({ architecture, shape }, dtypeOf, form)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ExpectedError('config-invalid', { key: 'whittle.layers', reason: 'form-unfit', detail: error.message }, { cause: error })
  }
}

function found(source: SafetensorsSpans, name: string): LocatedTensor {
  const located = source.located.get(name)
  if (located === undefined) throw new ExpectedError('tensor-missing', { tensor: name })
  return located
}

/** The stored tensors by name, each of the type and shape its form says, and no other. */
function checkedSources(source: SafetensorsSpans, expected: readonly FolderTensor[]): FindStored {
  const names = new Set<string>()
  for (const { name, dtype, shape } of expected) {
    const { file, span } = found(source, name)
    if (span.dtype !== dtype) throw new ExpectedError('dtype-unsupported', { path: file.path, tensor: name, dtype: span.dtype })
    if (span.shape.join(' ') !== shape.join(' '))
      throw new ExpectedError('tensor-shape', { tensor: name, shape: span.shape, expected: shape })
    names.add(name)
  }
  for (const name of source.located.keys()) if (!names.has(name)) throw new ExpectedError('tensor-unexpected', { tensor: name })
  return (name) => {
    const { file, span } = found(source, name)
    const bytes = span.end - span.start
    return {
      name,
      dtype: span.dtype,
      shape: span.shape,
      bytes,
      readBytes: async () => new Uint8Array(await readBytes(file, span, span.start, bytes)),
    }
  }
}

/** Every matrix of the checkpoint by its name there, plain or rebuilt. */
function denseTensors(
  architecture: Architecture,
  shape: ModelShape,
  form: ModelForm,
  plain: (place: TensorPlace) => LazyTensor,
  find: FindStored,
  options: RebuildOptions,
): Map<string, LazyTensor> {
  const tensors = new Map<string, LazyTensor>()
  const byLayer = Array.from({ length: shape.layers }, (): TensorPlace[] => [])
  for (const place of checkpointTensors(architecture, shape)) {
    if (place.layer === null) tensors.set(place.name, plain(place))
    else byLayer[place.layer]?.push(place)
  }
  byLayer.forEach((places, layer) => {
    const forms = form.layers[layer] ?? {}
    const roles: ReadonlySet<LayerRole | ModelRole> = new Set(formedPlaces(places, forms).keys())
    for (const place of places) if (!roles.has(place.role)) tensors.set(place.name, plain(place))
    for (const [role, ofRole] of formedPlaces(places, forms)) {
      const projection = forms[role]
      if (projection === undefined) continue
      for (const tensor of openProjection(projection, ofRole, find, options)) tensors.set(tensor.name, tensor)
    }
  })
  return tensors
}
