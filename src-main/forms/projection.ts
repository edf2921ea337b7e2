import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { ProjectionForm } from '../contract/form.ts'
import { bytesOf } from '../formats/safetensors/writer.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { encodeFactored } from './encode-factored.ts'
import { encodePacked } from './encode-packed.ts'
import { factoredTensors } from './factored.ts'
import { multiplyPlainly } from './multiply-plainly.ts'
import { keepLatestLayer, openFactored } from './open-factored.ts'
import type { KeptFactors, Multiply } from './open-factored.ts'
import { openPacked } from './open-packed.ts'
import { packedTensors } from './packed.ts'
import type { EncodedTensors, FindStored, StoredSource, TensorEntry } from './stored.ts'
import type { ProjectionValues } from './values.ts'

/**
 * The stored tensors of one projection of one layer; `places` are its checkpoint matrices, one per expert or a single one.
 * Throws RangeError naming the tensor when the form does not fit.
 */
export function projectionTensors(form: ProjectionForm, places: readonly TensorPlace[]): TensorEntry[] {
  return form.kind === 'packed' ? packedTensors(form, places) : factoredTensors(form, places)
}

/**
 * The bytes of the tensors of `projectionTensors`, by name; each is made when its function is called, so that one expert's bytes exist at a
 * time. Throws RangeError naming the tensor when values are missing, of the wrong size, or beyond what their type holds.
 */
export function encodeProjection(form: ProjectionForm, values: ProjectionValues, places: readonly TensorPlace[]): EncodedTensors {
  if (form.kind === 'packed' && values.kind === 'packed') return encodePacked(form, values.matrices, places)
  if (form.kind === 'factored' && values.kind === 'factored') return encodeFactored(form, values.factors, places)
  throw new RangeError(`${places[0]?.name ?? ''}: the form is ${form.kind}, its values are ${values.kind}`)
}

/** How dense matrices are rebuilt. */
export interface RebuildOptions {
  /** The product of two matrices; the default is a plain loop, for tests and small models. */
  readonly multiply?: Multiply
  /** Remembers what experts share; one for all projections of a model, so that only one layer's is held. */
  readonly kept?: KeptFactors
}

/** The projection's matrices, dense, one per place: read from the folder through `find` and rebuilt whenever they are read. */
export function openProjection(
  form: ProjectionForm,
  places: readonly TensorPlace[],
  find: FindStored,
  options: RebuildOptions = {},
): LazyTensor[] {
  if (form.kind === 'packed') return openPacked(form, places, find)
  return openFactored(form, places, find, options.multiply ?? multiplyPlainly, options.kept ?? keepLatestLayer())
}

/** The same from values in memory: through the very bytes that would be written, so that they give what the folder will give. */
export function openValues(
  form: ProjectionForm,
  values: ProjectionValues,
  places: readonly TensorPlace[],
  options: RebuildOptions = {},
): LazyTensor[] {
  const encoded = encodeProjection(form, values, places)
  const sources = new Map(
    projectionTensors(form, places).map((entry): [string, StoredSource] => {
      const encode = encoded.get(entry.name)
      if (encode === undefined) throw new RangeError(`${entry.name} has no values`)
      return [
        entry.name,
        { name: entry.name, dtype: entry.dtype, shape: entry.shape, bytes: bytesOf(entry), readBytes: async () => encode() },
      ]
    }),
  )
  return openProjection(
    form,
    places,
    (name) => {
      const source = sources.get(name)
      if (source === undefined) throw new RangeError(`${name} is not stored`)
      return source
    },
    options,
  )
}

/** All of the matrices `openValues` gives, read. */
export async function rebuildProjection(
  form: ProjectionForm,
  values: ProjectionValues,
  places: readonly TensorPlace[],
  options: RebuildOptions = {},
): Promise<Float32Array[]> {
  const matrices: Float32Array[] = []
  for (const tensor of openValues(form, values, places, options)) matrices.push(await tensor.read())
  return matrices
}
