import { ExpectedError } from '../../contract/errors.ts'
import { BYTES_PER_ELEMENT, isWeightDtype } from '../../tensor/dtype.ts'
import type { Format } from '../format.ts'
import { openSafetensorsFile } from './file.ts'
import { writeSafetensors } from './writer.ts'

/** Hugging Face's format: a JSON header, then the tensors one after another. Source: github.com/huggingface/safetensors, "Format". */
export const safetensors: Format = {
  id: 'safetensors',
  title: 'Safetensors',
  extension: '.safetensors',
  forms: ['dense'],
  storages: Object.keys(BYTES_PER_ELEMENT).filter(isWeightDtype),
  write: (path, tensors) =>
    writeSafetensors(
      path,
      tensors.map(({ name, storage, shape, data }) => {
        if (!isWeightDtype(storage)) throw new RangeError(`safetensors does not hold ${storage}`)
        return { name, dtype: storage, shape, chunks: () => [data] }
      }),
    ),
  locate: async (path) => {
    const file = await openSafetensorsFile(path)
    await file.handle.close()
    return file.spans.map(({ name, dtype, shape, start, end }) => {
      if (!isWeightDtype(dtype)) throw new ExpectedError('dtype-unsupported', { path, tensor: name, dtype })
      return { name, storage: dtype, shape, start, end }
    })
  },
}
