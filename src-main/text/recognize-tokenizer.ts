import { ExpectedError } from '../contract/errors.ts'
import { namedPreTokenizer, recognizePreTokenizer, stepsWithin, unknownPreTokenizer } from './pre-tokenizer.ts'
import { namesCuttingAlike } from './same-as.ts'
import { pieceScores, recognizeSentencePiece } from './sentencepiece.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'

/** What a tokenizer is to llama.cpp, and what the library is to run in the place of the file's own steps. */
export interface KnownTokenizer {
  /** `tokenizer.ggml.model`: 'gpt2' merges bytes, 'llama' merges what SentencePiece learned. */
  readonly model: 'gpt2' | 'llama'
  /** `tokenizer.ggml.pre`. */
  readonly pre: string
  /** Names that stand for the same code. */
  readonly alike: readonly string[]
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
  /** Of SentencePiece alone. */
  readonly sentencePiece: { readonly addSpacePrefix: boolean; readonly scores: ReadonlyMap<string, number> } | null
}

/**
 * Recognizes a tokenizer by its exact structure. @param sameAs the name its user chose for one that is not known
 * Throws ExpectedError 'pretokenizer-unknown' with the names that cut a fixed set of texts alike, when it is not known and none of these
 * was chosen; 'request-invalid' when one was chosen for a tokenizer that is known and cuts otherwise.
 */
export async function recognizeTokenizer(files: TokenizerFiles, sameAs: string | null): Promise<KnownTokenizer> {
  const known = sentencePieceOf(files) ?? byteLevelOf(files)
  if ('pattern' in known) return chosenOf(files, known.pattern, sameAs)
  if (sameAs === null || known.alike.includes(sameAs)) return known
  throw new ExpectedError('request-invalid', { problems: [{ path: 'preTokenizer', reason: 'cut-known', name: known.pre }] })
}

function sentencePieceOf(files: TokenizerFiles): KnownTokenizer | null {
  const piece = recognizeSentencePiece(files.tokenizer)
  const scores = piece === null ? null : pieceScores(files)
  if (piece === null || scores === null) return null
  const { addSpacePrefix, normalizer, pre_tokenizer } = piece
  return { model: 'llama', pre: 'default', alike: ['default'], normalizer, pre_tokenizer, sentencePiece: { addSpacePrefix, scores } }
}

function byteLevelOf({ tokenizer }: TokenizerFiles): KnownTokenizer | { readonly pattern: string } {
  const found = recognizePreTokenizer(tokenizer)
  return found.name === null ? found : byteLevel(found.name, found, tokenizer.normalizer ?? null)
}

function byteLevel(pre: string, row: { names: readonly string[]; runnable: unknown }, normalizer: unknown): KnownTokenizer {
  return { model: 'gpt2', pre, alike: row.names, normalizer, pre_tokenizer: row.runnable, sentencePiece: null }
}

/** The name chosen for an unknown tokenizer, when it cuts alike; the choice otherwise. */
async function chosenOf({ tokenizer }: TokenizerFiles, pattern: string, sameAs: string | null): Promise<KnownTokenizer> {
  const fits = await namesCuttingAlike(tokenizer)
  const row = sameAs === null ? null : namedPreTokenizer(sameAs)
  const found = row !== null && row.names.some((name) => fits.includes(name)) ? row : null
  if (found === null) throw unknownPreTokenizer(pattern, fits)
  // Of the file's own normalizer nothing was seen to differ; composing letters is the one step whose absence texts can tell.
  const composes = stepsWithin(tokenizer.normalizer, 'normalizers').some((step) => step['type'] === 'NFC')
  return byteLevel(found.name, found, composes ? { type: 'NFC' } : null)
}
