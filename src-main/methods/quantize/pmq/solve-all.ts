import type { ChoiceProgram, ChoiceSolution, ChoiceSolver } from '../../../allocation/integer-program.ts'
import type { Plan } from '../../../contract/plan.ts'

/** Several programs solved: their answers, and how they ended together. */
export interface Solved {
  readonly solutions: readonly ChoiceSolution[]
  /** The worst gap, whether all are proven, all seconds. */
  readonly solver: NonNullable<Plan['solver']>
}

/** Solves programs one after the other, each within the time limit. */
export async function solveAll(programs: readonly ChoiceProgram[], solve: ChoiceSolver, timeLimitSeconds: number): Promise<Solved> {
  const solutions: ChoiceSolution[] = []
  for (const program of programs) solutions.push(await solve(program, { timeLimitSeconds }))
  return {
    solutions,
    solver: {
      gap: Math.max(0, ...solutions.map(({ gap }) => gap)),
      proven: solutions.every(({ proven }) => proven),
      seconds: solutions.reduce((sum, { seconds }) => sum + seconds, 0),
    },
  }
}
