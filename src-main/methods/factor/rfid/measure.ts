import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { ExpectedError } from '../../../contract/errors.ts'
import { fusedImportance } from '../../../factors/fused-importance.ts'
import { rankCandidatesOf, groupCounts } from './candidates.ts'
import { outputPerError } from './output-error.ts'
import { residualCurve } from './residual.ts'
import { short } from './settings.ts'
import type { RankCandidate, Measured, RfidSettings } from './settings.ts'
import { ownSpectra } from './spectra.ts'

/** Spectra, effective ranks, frequencies, and what every way of sharing a projection's factors would lose at every rank. */
export async function measureLayer(layer: LayerAtHand, settings: RfidSettings, seed: number): Promise<Measured> {
  const { experts } = layer.shape
  const counts = groupCounts(settings.groups, experts)
  if (counts.length === 0) {
    throw new ExpectedError('request-invalid', { problems: [{ path: 'groups', reason: 'layers-have-experts', experts }] })
  }
  const own = await ownSpectra(layer)
  const tokens = Array.from({ length: experts }, (_, expert) => layer.gatesOf(expert).length)
  const importance = fusedImportance(tokens, own.effectiveRanks, settings.lambda)
  const weights = errorWeights(layer, importance, settings.eta)
  const roles: Partial<Record<ExpertRole, RankCandidate[]>> = {}
  for (const role of EXPERT_ROLES) {
    const scale = await outputPerError(layer, role)
    const found = await rankCandidatesOf(layer, role, own, weights, counts, settings.rankMultiple, scale)
    const measured: RankCandidate[] = []
    for (const candidate of found) {
      const residual = settings.residual === 'none' ? null : await residualCurve(layer, role, candidate, weights, settings, seed)
      const { groups, transposed, unit, tails } = candidate
      measured.push({ groups, transposed, unit, tails, residual })
    }
    roles[role] = measured
  }
  return {
    importance: Array.from(importance, short),
    effectiveRanks: own.effectiveRanks.map(short),
    weights,
    roles: roles as Measured['roles'],
  } // every role was set
}

/** The squared gates of all calibration tokens, shared out by importance^eta; without tokens as if there had been one a layer. */
function errorWeights(layer: LayerAtHand, importance: Float64Array, eta: number): number[] {
  let total = 0
  for (let expert = 0; expert < importance.length; expert++) total += layer.gatesOf(expert).reduce((sum, gate) => sum + gate * gate, 0)
  const powers = importance.map((value) => value ** eta)
  const all = powers.reduce((sum, value) => sum + value, 0)
  return Array.from(powers, (power) => short(((total || 1) * power) / (all || 1)))
}
