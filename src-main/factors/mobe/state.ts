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

/** Bytes of a kept state, read where they lie: together they may be more than one array holds. */
export interface StateBytes {
  readonly bytes: number
  /** The bytes [position, position + length), in a buffer of their own. Throws when they are not all there. */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

/**
 * `state` as bytes, piece after piece: a magic word, the length of a JSON header, the header, then every array in its order (little-endian
 * float32).
 */
export function* encodeState(state: SolverState): Generator<Uint8Array> {
  const arrays = Object.entries(state.arrays)
  const header = new TextEncoder().encode(
    JSON.stringify({ solver: state.solver, numbers: state.numbers, arrays: arrays.map(([name, { length }]) => [name, length]) }),
  )
  const start = new Uint8Array(MAGIC.length + 4 + header.length)
  start.set(new TextEncoder().encode(MAGIC))
  new DataView(start.buffer).setUint32(MAGIC.length, header.length, true)
  start.set(header, MAGIC.length + 4)
  yield start
  for (const [, data] of arrays) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

interface Header {
  solver: SolverState['solver']
  numbers: Record<string, number>
  arrays: [string, number][]
}

async function readHeader(source: StateBytes): Promise<{ header: Header; start: number }> {
  const text = new TextDecoder()
  const prefix = MAGIC.length + 4
  const first = await source.read(0, Math.min(prefix, source.bytes))
  if (first.length < prefix || text.decode(first.subarray(0, MAGIC.length)) !== MAGIC)
    throw new RangeError('these bytes are not the state of a solver')
  const start = prefix + new DataView(first.buffer).getUint32(MAGIC.length, true)
  if (start > source.bytes) throw new RangeError('the state of a solver is cut short')
  return { header: JSON.parse(text.decode(await source.read(prefix, start - prefix))) as Header, start }
}

/** The inverse of {@link encodeState}. Throws RangeError for bytes of another kind or length. */
export async function decodeState(source: StateBytes): Promise<SolverState> {
  const { header, start } = await readHeader(source)
  let at = start
  const arrays: Record<string, Float32Array> = {}
  for (const [name, length] of header.arrays) {
    if (at + 4 * length > source.bytes) throw new RangeError('the state of a solver is cut short')
    arrays[name] = new Float32Array((await source.read(at, 4 * length)).buffer)
    at += 4 * length
  }
  if (at !== source.bytes) throw new RangeError('the state of a solver has bytes left over')
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
