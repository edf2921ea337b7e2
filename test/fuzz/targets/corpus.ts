// Texts to measure with: plain in several encodings, a JSON value, or JSON lines.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCorpusFile } from '../../../src-main/text/corpus-file.ts'
import { piecesOf } from '../../../src-main/text/corpus-pieces.ts'
import { utf8, type Input } from '../input.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const ENTRY = { text: 'three', x: [1, { text: 'four' }] }
const VALUE = [{ text: 'one two' }, ENTRY]
const PLAIN = '\ufeffOne line\nand  another\r\n\tthird äöü 漢字 🙂\n\n'
const WORDS = ['text']

export const openTarget: OpenTarget = (folder) => ({
  make(chance): Input {
    const form = chance.pick(['txt', 'json', 'jsonl'])
    if (form === 'txt') return { 'corpus.txt': mutateBytes(chance, chance.happens(0.3) ? Buffer.from(PLAIN, 'utf16le') : utf8(PLAIN), 5) }
    if (form === 'json') return { 'corpus.json': mutateJson(chance, VALUE, { words: WORDS }) }
    const lines = Array.from({ length: chance.pick([1, 2, 3, 2000]) }, () => mutateJson(chance, ENTRY, { words: WORDS, most: 1 }))
    return { 'corpus.jsonl': Buffer.concat([...lines.flatMap((line) => [line, utf8('\n')]), utf8(chance.pick(['', '\n', '{"tex']))]) }
  },
  async run(input) {
    for (const [name, bytes] of Object.entries(input)) {
      const path = join(folder, name)
      writeFileSync(path, bytes)
      for await (const { text, bytes: taken } of piecesOf(await openCorpusFile(path))) {
        mustHold(typeof text === 'string' && taken >= 0, 'a piece that is no text')
      }
    }
  },
})
