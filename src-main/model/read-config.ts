import { stat } from 'node:fs/promises'
import { architectureById } from '../architectures/index.ts'
import type { Architecture, ModelShape } from '../architectures/architecture.ts'
import type { JsonReason, ModelFileReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import { readModelFile } from '../formats/model-file.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from '../formats/strict-json.ts'

/** Real ones take a few kilobytes; lists per layer make some longer. */
const CONFIG_BYTES = 1024 * 1024
const CONFIG_LIMITS = { depth: 16, values: 65_536 }

/**
 * Reads a folder's config.json and finds its architecture.
 * Throws ExpectedError 'folder-not-found', 'config-missing', 'config-invalid', 'config-key-unsupported', 'already-quantized' or
 * 'architecture-unknown'.
 */
export async function readConfig(folder: string): Promise<{ architecture: Architecture; shape: ModelShape }> {
  const config = await readConfigJson(folder)
  const quantization = config['quantization_config'] ?? null
  if (quantization !== null) {
    const method = isJsonObject(quantization) ? quantization['quant_method'] : undefined
    throw new ExpectedError('already-quantized', { folder, method: typeof method === 'string' ? method : null })
  }
  const modelType = config['model_type']
  if (typeof modelType !== 'string') throw new ExpectedError('config-invalid', { key: 'model_type', reason: 'missing-or-no-text' })
  const architecture = architectureById(modelType)
  return { architecture, shape: architecture.readShape(config) }
}

/** A folder's config.json, not interpreted. Throws ExpectedError 'folder-not-found', 'config-missing' or 'config-invalid'. */
export async function readConfigJson(folder: string): Promise<Record<string, unknown>> {
  const refuse = (because: Because<JsonReason | ModelFileReason>) => new ExpectedError('config-invalid', { folder, ...because })
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new ExpectedError('folder-not-found', { folder })
  const bytes = await readModelFile(folder, 'config.json', CONFIG_BYTES, refuse)
  if (bytes === null) throw new ExpectedError('config-missing', { folder })
  try {
    const config = parseStrictJson(bytes, CONFIG_LIMITS)
    if (isJsonObject(config)) return config
  } catch (error) {
    if (error instanceof JsonRefused) throw refuse(error.because)
    throw error
  }
  throw refuse({ reason: 'not-an-object' })
}
