// The tokenizer's files of a model folder, of either kind: opened, written as the keys of a GGUF file, and used on a text.
import { join } from 'node:path'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { openTokenizer } from '../../../src-main/text/tokenizer.ts'
import { tokenizerMetadata } from '../../../src-main/text/gguf-tokenizer.ts'
import { MODEL, sentencePieceJson } from '../../fixtures/tiny-sentencepiece.ts'
import { writeTinyTokenizer } from '../../fixtures/tiny-tokenizer.ts'
import { jsonPart, readParts, writeParts } from '../folder-parts.ts'
import { textOf, utf8 } from '../input.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson, mutateText } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const VOCABULARY = 300
const TEXT = 'Hello wörld 123\n\t x'
const WORDS = [
  'BPE',
  'WordPiece',
  'byte_fallback',
  'ignore_merges',
  'added_tokens_decoder',
  'prepend_scheme',
  '▁',
  'Unigram',
  'WordLevel',
  'ByteLevel',
  'Split',
  'Sequence',
  'Isolated',
  'Removed',
  'MergedWithPrevious',
  'Metaspace',
  'Replace',
  'Strip',
  'Prepend',
  'NFC',
  'NFKD',
  'Lowercase',
  'Precompiled',
  'BertPreTokenizer',
  'Digits',
  'Punctuation',
  'TemplateProcessing',
  'Fuse',
  'ByteFallback',
  'pattern',
  'Regex',
  'String',
  'content',
  'type',
  'normalizers',
  'pretokenizers',
  'decoders',
  'processors',
  '(',
  '[',
  '(?<=a)',
  '(?i:x)',
  '\\p{Foo}',
  '([a-z ]+)+\u0001',
  'vocab',
  'merges',
  'added_tokens',
  'id',
  'special',
  'lstrip',
  'default',
  'chat_template',
  'name',
  'template',
  'bos_token',
  'eos_token',
  'add_bos_token',
]

/** Parts of tokenizer.json changed by themselves: among all of it, most changes would be of the vocabulary. */
const PARTS = ['', 'added_tokens', 'normalizer', 'pre_tokenizer', 'decoder']

export const openTarget: OpenTarget = async (place) => {
  await writeTinyTokenizer(place, VOCABULARY)
  const sound = readParts(place)
  const tokenizer = jsonPart(sound, 'tokenizer.json')
  const config = { ...jsonPart(sound, 'tokenizer_config.json'), chat_template: '{{ messages[0].content }}' }
  const generation = { ...jsonPart(sound, 'generation_config.json'), bos_token_id: 1, pad_token_id: [1, 2] }
  const pieces = JSON.parse(sentencePieceJson()) as Record<string, unknown>
  const folder = join(place, 'model')
  return {
    make(chance) {
      const within = chance.pick(PARTS)
      const changed = (value: unknown, share: number): Uint8Array =>
        chance.happens(share) ? mutateJson(chance, value, { words: WORDS, within }) : utf8(JSON.stringify(value))
      const isOfPieces = chance.happens(0.3)
      return {
        'tokenizer.json': changed(isOfPieces ? pieces : tokenizer, isOfPieces ? 0.4 : 0.75),
        ...(isOfPieces && chance.happens(0.7) ? { 'tokenizer.model': mutateBytes(chance, Uint8Array.from(MODEL), 4) } : {}),
        'tokenizer_config.json': changed(config, 0.3),
        'generation_config.json': changed(generation, 0.2),
        ...(chance.happens(0.05) ? { 'chat_template.jinja': utf8(mutateText(chance, '{{ x }}')) } : {}),
        text: utf8(chance.happens(0.3) ? mutateText(chance, TEXT) : TEXT),
      }
    },
    async run(input) {
      writeParts(folder, { ...sound, ...input })
      const opened = await openTokenizer(folder)
      layoutGguf(await tokenizerMetadata(folder, VOCABULARY + 20), [{ name: 'a', type: 'F32', shape: [1] }])
      const ids = opened.encode(textOf(input, 'text'))
      for (const id of ids) mustHold(id >= 0 && id < opened.vocabularySize, `a token of id ${id}`)
      opened.decode(ids)
    },
  }
}
