import { ExpectedError } from '../contract/errors.ts'

/** Steps of a decoder that the library builds without running anything of the file's own. */
const STEPS: ReadonlySet<unknown> = new Set(['ByteLevel', 'ByteFallback', 'Fuse', 'Strip', 'Metaspace', 'WordPiece', 'BPEDecoder', 'CTC'])

/**
 * Holds a decoder to what tokenizers in use have, before any library builds from it: the known steps, and replacing one text by another. A regular
 * expression there is the file's own program, which may run for ever. Throws ExpectedError 'tokenizer-invalid'.
 */
export function checkDecoder(folder: string, decoder: unknown): void {
  if (decoder === null || decoder === undefined) return
  const refuse = (reason: string): ExpectedError => new ExpectedError('tokenizer-invalid', { folder, file: 'tokenizer.json', reason })
  if (typeof decoder !== 'object' || !('type' in decoder)) throw refuse('its decoder is none')
  if (decoder.type === 'Sequence') {
    if (!('decoders' in decoder) || !Array.isArray(decoder.decoders)) throw refuse('its decoder has no steps')
    for (const step of decoder.decoders) checkDecoder(folder, step)
    return
  }
  if (decoder.type === 'Replace') {
    const pattern: unknown = 'pattern' in decoder ? decoder.pattern : null
    if (typeof pattern === 'object' && pattern !== null && 'String' in pattern && !('Regex' in pattern)) return
    throw refuse('its decoder replaces by a regular expression')
  }
  if (!STEPS.has(decoder.type)) throw refuse(`its decoder has a step that is not known: ${String(decoder.type)}`)
}
