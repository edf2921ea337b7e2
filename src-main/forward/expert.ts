import { defineGraph, linear } from '../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../compute/graph.ts'

/** Sums over the tokens of x_j^2 and of g^2 x_j^2, as one product of (2, tokens) with (tokens, columns). */
function weightedColumnPower(g: GraphBuilder, weights: Value, x: Value): Value {
  return g.call('MatMul', [weights, g.call('Mul', [x, x])])
}

/**
 * One expert on a batch: result = down (silu(gate x) * (up x)). Input x (tokens, hidden), gate and up (width, hidden), down
 * (hidden, width); output result (tokens, hidden), before the token's gate weight.
 * 'activated' adds activated (tokens, width), the input of down. 'sums', with `squaredGates` (2, tokens) = ones and g^2, adds
 * inputSquares (2, hidden), downInputSquares (2, width), outputSquares (tokens), and largest (1), the largest |result|.
 */
export function expertGraph(hidden: number, width: number, gives: 'plain' | 'activated' | 'sums'): Graph {
  return defineGraph(`expert-${hidden}-${width}-${gives}`, (g) => {
    const x = g.input('x', ['tokens', hidden])
    const gate = linear(g, x, g.input('gate', [width, hidden]))
    const up = linear(g, x, g.input('up', [width, hidden]))
    const activated = g.call('Mul', [g.call('Mul', [gate, g.call('Sigmoid', [gate])]), up])
    const result = linear(g, activated, g.input('down', [hidden, width]))
    g.output('result', result, ['tokens', hidden])
    if (gives === 'activated') g.output('activated', activated, ['tokens', width])
    if (gives !== 'sums') return
    const squaredGates = g.input('squaredGates', [2, 'tokens'])
    g.output('inputSquares', weightedColumnPower(g, squaredGates, x), [2, hidden])
    g.output('downInputSquares', weightedColumnPower(g, squaredGates, activated), [2, width])
    g.output('outputSquares', g.call('ReduceSumSquare', [result, g.integers([1])], { keepdims: { int: 0 } }), ['tokens'])
    g.output('largest', g.call('ReduceMax', [g.call('Abs', [result])], { keepdims: { int: 0 } }), [])
  })
}
