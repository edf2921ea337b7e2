import { BYTES_PER_ELEMENT } from '../../tensor/dtype.ts'
import type { Dtype } from '../../tensor/dtype.ts'
import type { Format } from '../format.ts'
import { openSafetensorsFile } from './file.ts'
import { writeSafetensors } from './writer.ts'

/** Hugging Face's format: a JSON header, then the tensors one after another. Source: github.com/huggingface/safetensors, "Format". */
export const safetensors: Format = {
  id: 'safetensors',
  title: 'Safetensors',
  extension: '.safetensors',
  forms: ['dense'],
  storages: Object.keys(BYTES_PER_ELEMENT).filter(isDtype),
  write: (path, tensors) => writeSafetensors(path, tensors.map(({ name, storage, shape, data }) => {
    if (!isDtype(storage)) throw new RangeError(`safetensors does not hold ${storage}`)
    return { name, dtype: storage, shape, chunks: () => [data] }
  })),
  locate: async (path) => {
    const file = await openSafetensorsFile(path)
    await file.handle.close()
    return file.spans.map(({ name, dtype, shape, start, end }) => ({ name, storage: dtype, shape, start, end }))
  },
}

function isDtype(storage: string): storage is Dtype {
  return Object.hasOwn(BYTES_PER_ELEMENT, storage)
}
