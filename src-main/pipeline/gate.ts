import type { MoeModel } from '../model/moe-model.ts'
import { mapTensors } from './map-tensors.ts'

/** A place every piece of work passes: while it is closed, the work waits there with all it has in memory. */
export interface Gate {
  /** Settles when the gate is open. */
  pass(): Promise<void>
}

/** A gate and the hand that closes it. */
export interface HeldGate extends Gate {
  hold(held: boolean): void
}

/** An open gate. */
export function createGate(): HeldGate {
  let opened = Promise.resolve()
  let open: (() => void) | null = null
  return {
    pass: () => opened,
    hold(held) {
      if (held && open === null)
        opened = new Promise((resolve) => {
          open = resolve
        })
      if (held) return
      open?.()
      open = null
    },
  }
}

/**
 * The same model, whose every read passes the gate: all work on weights begins with one, so that closing the gate holds any pass, table or
 * comparison within one expert. What does not read weights (the solver, llama.cpp) goes on to its end.
 */
export function gatedModel(model: MoeModel, gate: Gate): MoeModel {
  return mapTensors(model, (tensor) => ({
    ...tensor,
    read: () => gate.pass().then(() => tensor.read()),
    readRows: (start, count) => gate.pass().then(() => tensor.readRows(start, count)),
  }))
}
