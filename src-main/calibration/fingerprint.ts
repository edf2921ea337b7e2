import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { PLAIN_TRAITS } from '../architectures/shape.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { STATISTICS_VERSION } from './statistics-file.ts'

/** What besides model and text decides the numbers of a calibration. Plain JSON values. */
export type CalibrationSettings = Readonly<Record<string, string | number | boolean | null>>

/** Rows looked at in each tensor: the first, the middle one and one that depends on the tensor's name. */
function sampledRows(tensor: LazyTensor): number[] {
  const rows = tensor.shape.length < 2 ? 1 : tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1)
  const named = createHash('sha256').update(tensor.name).digest().readUInt32LE(0) % rows
  return [...new Set([0, Math.floor(rows / 2), named])].sort((a, b) => a - b)
}

async function addTensor(hash: Hash, tensor: LazyTensor): Promise<void> {
  hash.update(JSON.stringify([tensor.name, tensor.storage, tensor.shape, tensor.bytes]))
  for (const row of sampledRows(tensor)) {
    const values = await tensor.readRows(row, 1)
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
}

/** Every tensor of a model, in a fixed order. A tied output matrix comes once more as the embedding it is. */
function* tensorsOf(model: MoeModel): Generator<LazyTensor> {
  yield model.embedding
  yield model.outputNorm
  yield model.output
  for (const { tensors, experts } of model.layers) {
    yield* Object.entries(tensors)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, tensor]) => tensor)
    for (const { gate, up, down } of experts) yield* [gate, up, down]
  }
}

/**
 * What makes a model itself: its shape, every tensor's name and layout, and sampled rows of each. sha256, hex. Reads a few rows per tensor,
 * never a whole one.
 */
export async function modelFingerprint(model: MoeModel): Promise<string> {
  const hash = createHash('sha256')
  // Traits that are Qwen3's go unsaid, as they did when there was no other family: plans and calibrations of then stay good.
  const { traits, ...sizes } = model.shape
  const said = Object.entries({ ...sizes, ...(JSON.stringify(traits) === JSON.stringify(PLAIN_TRAITS) ? {} : { traits }) })
  hash.update(JSON.stringify([model.architecture.id, said.sort(([a], [b]) => (a < b ? -1 : 1))]))
  for (const tensor of tensorsOf(model)) await addTensor(hash, tensor)
  return hash.digest('hex')
}

/** The tokens themselves, window by window. sha256, hex. */
export function tokensFingerprint(windows: readonly Int32Array[]): string {
  const hash = createHash('sha256')
  for (const window of windows) {
    hash.update(`${window.length};`)
    hash.update(new Uint8Array(window.buffer, window.byteOffset, window.byteLength))
  }
  return hash.digest('hex')
}

/**
 * The key a calibration is kept under: equal model, equal tokens, equal settings, same meaning of the numbers. sha256, hex.
 * Put into `settings` whatever else changes the numbers, such as the device.
 */
export async function calibrationFingerprint(
  model: MoeModel,
  windows: readonly Int32Array[],
  settings: CalibrationSettings,
): Promise<string> {
  return calibrationKey(await modelFingerprint(model), windows, settings)
}

/** The same where the model's own fingerprint is known already. */
export function calibrationKey(model: string, windows: readonly Int32Array[], settings: CalibrationSettings): string {
  const sorted = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([STATISTICS_VERSION, model, tokensFingerprint(windows), sorted]))
    .digest('hex')
}
