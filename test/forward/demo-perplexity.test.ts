import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openForward } from '../../src-main/forward/forward.ts'
import { encodeCorpus, openCorpus, windowsFrom } from '../../src-main/text/corpus.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'
import { perplexity } from './pass.ts'
import { openCheckpoint } from './tiny-model.ts'

const shared = join(import.meta.dirname, '../../../shared')
const present = existsSync(join(shared, 'models/demo-moe8'))
if (!present) console.warn('skipped: ../shared with the demo model and the held-out text is not here')

/** llama.cpp's own figure in ../shared/models/README.md. It predicts the second half of each window: 127 tokens of 256. */
const LLAMA_PERPLEXITY = 55.98

test.skipIf(!present)('the demo model has the perplexity that llama.cpp measured, within 1 %', async () => {
  const folder = join(shared, 'models/demo-moe8')
  const model = await openCheckpoint(folder)
  const forward = openForward({ device: 'cpu', threads: 2 })
  try {
    const corpus = await openCorpus(join(shared, 'text/heldout-wiki.txt'))
    const tokens = await encodeCorpus(corpus, await openTokenizer(folder), 25_600, 25_600)
    const found = await perplexity(forward, model, windowsFrom(tokens, 256, 100), 129)
    console.info(`perplexity ${found.toFixed(3)}, llama.cpp ${LLAMA_PERPLEXITY}`)
    expect(Math.abs(found / LLAMA_PERPLEXITY - 1)).toBeLessThan(0.01)
  } finally {
    await forward.close()
    await model.close()
  }
})
