import { basename } from 'node:path'
import { readMeasuredTokens } from '../calibration/expert-maps.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { withoutScheme } from '../contract/resource-name.ts'
import { describeCalibration, findCalibration, rememberCalibration } from './calibrations.ts'
import type { Store } from './store.ts'

/** A calibration some job has just made or taken up. */
export interface UsedCalibration {
  readonly fingerprint: string
  readonly path: string
  readonly reused: boolean
}

/**
 * Keeps a calibration for later jobs, with what it was measured on. One that is reused and known keeps its row; a new one, or one left by
 * an older store, gets one.
 */
export async function keepCalibration(
  store: Store,
  { fingerprint, path, reused }: UsedCalibration,
  recipe: Recipe,
  modelName: string,
): Promise<void> {
  const isKnown = reused && (await findCalibration(store, fingerprint)) !== null
  if (!isKnown) await rememberCalibration(store, fingerprint, path)
  const corpus = recipe.corpusPath === null ? null : basename(withoutScheme(recipe.corpusPath))
  describeCalibration(store, fingerprint, { modelName, modelPath: recipe.modelPath, corpus, tokens: await tokensOf(path) })
}

async function tokensOf(path: string): Promise<number | null> {
  try {
    return await readMeasuredTokens(path)
  } catch (error) {
    if (error instanceof ExpectedError) return null
    throw error
  }
}
