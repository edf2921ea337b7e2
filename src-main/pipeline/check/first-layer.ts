import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storedTensors } from '../../calibration/stored-tensors.ts'
import type { BudgetBreakdown, Recipe } from '../../contract/recipe.ts'
import { budgetOf } from '../budget-of.ts'
import type { Source } from '../source.ts'
import { wayOf } from '../way.ts'

/** Steps of learning that the trial makes; the whole run's are told from them. */
const TRIAL_STEPS = 3

/** The model cut off after its first layer: everything that serves a whole model serves it. Its files are the whole model's to close. */
export function firstLayerOf(source: Source): Source {
  const shape = { ...source.model.shape, layers: 1 }
  const model = { ...source.model, shape, layers: source.model.layers.slice(0, 1) }
  return { ...source, model, tensors: storedTensors(model) }
}

/** The recipe of the trial: as many bits a weight as the whole run has, and few steps where factors are learned. */
export function trialRecipe(recipe: Recipe, whole: Source, breakdown: BudgetBreakdown, first: Source): Recipe {
  const { method } = wayOf(recipe)
  const wished = recipe.parameters['steps']
  const steps =
    'steps' in method.parameters.shape ? { steps: typeof wished === 'number' ? Math.min(wished, TRIAL_STEPS) : TRIAL_STEPS } : {}
  const trial: Recipe = { ...recipe, parameters: { ...recipe.parameters, ...steps }, outPath: null, overwrite: false }
  // Shares to remove, and bits of the experts, are the same for one layer; bytes are not.
  if (recipe.budget.kind === 'remove' || (recipe.budget.kind === 'bits' && method.bitsOver === 'experts')) return trial
  const range = budgetOf({ ...trial, budget: { kind: 'percent', percent: 100 } }, first)
  const share = weightsOf(first) / weightsOf(whole)
  const bytes = Math.min(range.largestBytes, Math.max(range.smallestBytes, Math.round(breakdown.fileBytes * share)))
  return { ...trial, budget: { kind: 'size', bytes } }
}

/** Weights of all tensors of the file to be. */
export function weightsOf({ tensors }: Source): number {
  return tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
}

/** A folder's config.json is made from the whole model's: here it is told how many layers there really are. */
export async function tellLayers(folder: string, whole: Source, first: Source): Promise<void> {
  const path = join(folder, 'config.json')
  const [before, after] = [whole.model.shape.layers, first.model.shape.layers]
  const config = Object.entries(JSON.parse(await readFile(path, 'utf8')) as object).map(([key, value]: [string, unknown]) => {
    if (key === 'num_hidden_layers') return [key, after]
    return [key, Array.isArray(value) && value.length === before ? value.slice(0, after) : value]
  })
  await writeFile(path, JSON.stringify(Object.fromEntries(config)))
}
