import { stat } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { textFilesIn } from './corpus-folder.ts'
import { openCorpusFile } from './corpus-file.ts'
import type { CorpusFile } from './corpus-file.ts'
import { piecesOf } from './corpus-pieces.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Text to learn from or to judge on: a file, the text files of a folder, or a stretch of them. */
export interface Corpus {
  readonly path: string
  readonly files: readonly CorpusFile[]
}

/** The first tokens of a corpus. */
export interface CorpusTokens {
  readonly tokens: Int32Array
  /** Bytes of the corpus they were found in. */
  readonly bytes: number
  /** Whether that is all of it. */
  readonly isAll: boolean
}

/**
 * A file, or all text files of a folder, as a corpus. Files of a folder that are empty are left out.
 * Throws ExpectedError 'corpus-not-found' or 'corpus-invalid' (an empty file, a folder without texts).
 */
export async function openCorpus(path: string): Promise<Corpus> {
  const facts = await stat(path).catch((error: unknown) => {
    throw new ExpectedError('corpus-not-found', { path }, { cause: error })
  })
  if (!facts.isDirectory()) return { path, files: [await openCorpusFile(path)] }
  const files: CorpusFile[] = []
  for (const file of await textFilesIn(path)) {
    if ((await stat(file)).size > 0) files.push(await openCorpusFile(file))
  }
  if (files.length === 0) throw new ExpectedError('corpus-invalid', { path, reason: 'no-text-files' })
  return { path, files }
}

/** Bytes of all files. */
export function corpusBytes({ files }: Corpus): number {
  return files.reduce((sum, { start, end }) => sum + end - start, 0)
}

/**
 * The first `wanted` tokens of a corpus, or all of them when it holds fewer. Files are read and encoded piece by piece, and each apart.
 * Throws ExpectedError 'corpus-invalid' when the bytes are not text.
 */
export async function readTokens({ files }: Corpus, tokenizer: Tokenizer, wanted: number): Promise<CorpusTokens> {
  const pieces: Int32Array[] = []
  let [found, bytes] = [0, 0]
  const isEnough = await (async () => {
    for (const file of files) {
      let isFirst = true
      for await (const piece of piecesOf(file)) {
        const ids = tokenizer.encode(piece.text, !isFirst)
        isFirst = false
        pieces.push(ids)
        found += ids.length
        bytes += piece.bytes
        if (found >= wanted) return true
      }
    }
    return false
  })()
  const tokens = new Int32Array(found)
  let at = 0
  for (const ids of pieces) {
    tokens.set(ids, at)
    at += ids.length
  }
  return { tokens, bytes, isAll: !isEnough }
}

/** The first `wanted` tokens, no more. Throws like {@link readTokens}, and ExpectedError 'corpus-too-short' below `atLeast` tokens. */
export async function encodeCorpus(corpus: Corpus, tokenizer: Tokenizer, wanted: number, atLeast: number): Promise<Int32Array> {
  const { tokens } = await readTokens(corpus, tokenizer, wanted)
  if (tokens.length < atLeast) throw new ExpectedError('corpus-too-short', { path: corpus.path, tokens: tokens.length, needed: atLeast })
  return tokens.subarray(0, Math.min(tokens.length, wanted))
}

/** Cuts tokens into at most `count` windows of `windowTokens`, one after another; a last incomplete window is left out. */
export function windowsFrom(tokens: Int32Array, windowTokens: number, count: number): Int32Array[] {
  const windows = Math.min(count, Math.floor(tokens.length / windowTokens))
  return Array.from({ length: windows }, (_, i) => tokens.slice(i * windowTokens, (i + 1) * windowTokens))
}
