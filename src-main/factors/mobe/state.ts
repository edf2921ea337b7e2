/**
 * A solver between two steps, as plain data. Which arrays and numbers there are is the solver's own business; it refuses a
 * state of another solver or of other sizes.
 */
export interface SolverState {
  readonly solver: 'adam' | 'fast'
  /** Counters and scalars by name. */
  readonly numbers: Readonly<Record<string, number>>
  /** Tensors by name, flattened. */
  readonly arrays: Readonly<Record<string, Float32Array>>
}

const MAGIC = 'MOBE1\n'

/** `state` as bytes: a magic word, the length of a JSON header, the header, the arrays one after the other in its order (little-endian float32). */
export function encodeState(state: SolverState): Uint8Array {
  const arrays = Object.entries(state.arrays)
  const header = new TextEncoder().encode(JSON.stringify({ solver: state.solver, numbers: state.numbers, arrays: arrays.map(([name, { length }]) => [name, length]) }))
  const start = MAGIC.length + 4 + header.length
  const bytes = new Uint8Array(arrays.reduce((sum, [, { length }]) => sum + 4 * length, start))
  bytes.set(new TextEncoder().encode(MAGIC))
  new DataView(bytes.buffer).setUint32(MAGIC.length, header.length, true)
  bytes.set(header, MAGIC.length + 4)
  let at = start
  for (const [, data] of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

interface Header {
  solver: SolverState['solver']
  numbers: Record<string, number>
  arrays: [string, number][]
}

function readHeader(bytes: Uint8Array): { header: Header; start: number } {
  const text = new TextDecoder()
  if (bytes.length < MAGIC.length + 4 || text.decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) throw new RangeError('these bytes are not the state of a solver')
  const start = MAGIC.length + 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true)
  if (start > bytes.length) throw new RangeError('the state of a solver is cut short')
  return { header: JSON.parse(text.decode(bytes.subarray(MAGIC.length + 4, start))) as Header, start }
}

/** The inverse of {@link encodeState}. Throws RangeError for bytes of another kind or length. */
export function decodeState(bytes: Uint8Array): SolverState {
  const { header, start } = readHeader(bytes)
  let at = start
  const arrays: Record<string, Float32Array> = {}
  for (const [name, length] of header.arrays) {
    if (at + 4 * length > bytes.length) throw new RangeError('the state of a solver is cut short')
    arrays[name] = new Float32Array(bytes.slice(at, at + 4 * length).buffer)
    at += 4 * length
  }
  if (at !== bytes.length) throw new RangeError('the state of a solver has bytes left over')
  return { solver: header.solver, numbers: header.numbers, arrays }
}

/** The array of that name. Throws RangeError unless it has `length` numbers. */
export function savedArray(state: SolverState, name: string, length: number): Float32Array {
  const array = state.arrays[name]
  if (array?.length !== length) throw new RangeError(`the state has ${array?.length ?? 'no'} numbers of ${name}, not ${length}`)
  return array
}

/** The number of that name. Throws RangeError when it is missing. */
export function savedNumber(state: SolverState, name: string): number {
  const value = state.numbers[name]
  if (value === undefined) throw new RangeError(`the state has no ${name}`)
  return value
}
