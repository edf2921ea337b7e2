import { open } from 'node:fs/promises'
import { GGML_TYPES } from '../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'
import type { Format } from '../format.ts'
import { layoutGguf } from './layout.ts'
import { readGgufHeader } from './reader.ts'
import { GgufWriter } from './writer.ts'

/** llama.cpp's format, version 3: typed metadata, tensor infos, aligned data. Source: ggml's gguf.h. */
export const gguf: Format = {
  id: 'gguf',
  title: 'GGUF',
  extension: '.gguf',
  forms: ['dense'],
  storages: Object.keys(GGML_TYPES).filter(isGgmlType),
  write: async (path, tensors) => {
    const layout = layoutGguf(
      new Map(),
      tensors.map(({ name, storage, shape }) => ({ name, type: storage, shape })),
    )
    const writer = await GgufWriter.create(path, layout, { overwrite: true })
    try {
      for (const { name, data } of tensors) await writer.write(name, data)
      await writer.finish()
    } finally {
      await writer.abort()
    }
    return layout.fileBytes
  },
  locate: async (path) => {
    const handle = await open(path, 'r')
    try {
      const { tensors } = await readGgufHeader(handle, (await handle.stat()).size, path)
      return tensors.map(({ name, type, shape, position, bytes }) => ({
        name,
        storage: type,
        shape,
        start: position,
        end: position + bytes,
      }))
    } finally {
      await handle.close()
    }
  },
}

function isGgmlType(storage: string): storage is GgmlTypeName {
  return Object.hasOwn(GGML_TYPES, storage)
}
