// The native kernels' own functions, given arrays of kinds and sizes that do not fit, and odd numbers. Nothing may be read or written
// outside an array.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { builtAddonPath } from '../../../src-main/kernels/native.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import type { Chance } from '../chance.ts'
import { textOf, utf8 } from '../input.ts'
import { Refused, Unavailable, type OpenTarget } from '../target.ts'

/** An argument as an input writes it: JSON has no typed arrays, and no numbers that are none. */
type Argument =
  | null
  | boolean
  | number
  | { readonly number: string }
  | { readonly array: keyof typeof ARRAYS; readonly length: number; readonly fill: Fill; readonly memory?: Memory }

type Fill = 'zeros' | 'ordinary' | 'tiny and huge' | 'not numbers'

/** Memory that is shared, can change its size, was given away or does not begin where the array does. */
type Memory = 'shared' | 'resizable' | 'shrunk' | 'detached' | 'offset'

interface Called {
  readonly name: string
  readonly arguments: readonly Argument[]
}

const ARRAYS = { Float32Array, Float64Array, Uint8Array, Uint16Array, Int32Array }
const FILLS: readonly Fill[] = ['zeros', 'ordinary', 'tiny and huge', 'not numbers']
const MEMORIES: readonly Memory[] = ['shared', 'resizable', 'shrunk', 'detached', 'offset']
const ODD = [0, -0, 1, -1, 1e-45, 1e-40, 6e-8, 65504, 65520, 1e20, 1e38, -3.4e38]
const NONE = [NaN, Infinity, -Infinity, 1]

/** ggml's numbers of its types, and some that are none. */
const TYPES = [0, 1, 2, 8, 10, 11, 12, 13, 14, 30, -1, 3, 99, 2 ** 31, 2 ** 32]
const SIZES = [
  '0',
  '-0',
  '1',
  '-1',
  '1.5',
  '15',
  '16',
  '32',
  '256',
  '512',
  '2147483647',
  '2147483648',
  '4294967296',
  '9007199254740992',
  '-9007199254740992',
  'NaN',
  'Infinity',
]

/** What each function takes, about right: r rows, c columns, n and m for matrices. */
const CALLS: Readonly<Record<string, (of: Arrays, chance: Chance) => Argument[]>> = {
  encode: ({ f32, u8, size, type, r, c }) => [type, f32(r * c), size(c), f32(c), u8(r * Math.floor(c / 256) * 144)],
  decode: ({ f32, u8, type, r, c }, chance) => [type, u8(r * chance.pick([2, 4, 34, 84, 144, 210])), f32(r * c)],
  weightedError: ({ f32, size, r, c }) => [f32(r * c), f32(r * c), size(c), f32(c)],
  widenBf16: ({ array, f32, r, c }) => [array('Uint16Array', r * c), f32(r * c)],
  cholesky: ({ f64, size, n }) => [f64(n * n), size(n), f64(n * n)],
  invertLower: ({ f64, size, n }) => [f64(n * n), size(n), f64(n * n)],
  solveCholesky: ({ f64, size, n, m }) => [f64(n * n), size(n), f64(n * m), size(m), f64(n * m)],
  symmetricEigen: ({ f64, size, n }) => [f64(n * n), size(n), f64(n), f64(n * n)],
  product: ({ f64, size, n, m }) => [f64(n * m), size(n), size(m), f64(m * n), size(n), f64(n * n)],
  gptqGroups: ({ f32, f64, u8, size, r, c }, chance) => {
    const [bits, group] = [chance.pick([1, 2, 3, 4, 5, 6, 8, 0, 9, -1]), chance.pick([1, 16, 32, 7])]
    const groups = r * Math.floor(c / group)
    const [symmetric, search] = [chance.happens(0.5), chance.happens(0.5)]
    return [
      f32(r * c),
      size(c),
      f64(c * c),
      bits,
      size(group),
      symmetric,
      search,
      u8(r * c),
      f32(groups),
      u8(bits === 1 ? 0 : groups),
      f64(r),
    ]
  },
  gptqBlocks: ({ f32, f64, u8, size, type, r, c }) => [
    type,
    f32(r * c),
    size(c),
    f64(c * c),
    f32(c),
    u8(r * Math.floor(c / 256) * 144),
    f64(r),
  ],
  gptqRowErrors: ({ f32, f64, size, r, c }) => [f32(r * c), f32(r * c), size(c), f64(c * c), f64(r)],
  hessianError: ({ f32, f64, size, r, c }) => [f32(r * c), f32(r * c), size(c), f64(c * c)],
}

interface Arrays {
  readonly r: number
  readonly c: number
  readonly n: number
  readonly m: number
  readonly type: number
  array(kind: keyof typeof ARRAYS, length: number): Argument
  f32(length: number): Argument
  f64(length: number): Argument
  u8(length: number): Argument
  size(size: number): Argument
}

function arraysBy(chance: Chance): Arrays {
  const array = (kind: keyof typeof ARRAYS, length: number): Argument => {
    if (chance.happens(0.03)) return chance.pick<Argument>([null, true, 0, -1, { number: 'NaN' }])
    const changed = chance.happens(0.25) ? length + chance.pick([1, -1, 16, -16]) : length
    const memory = chance.happens(0.1) ? { memory: chance.pick(MEMORIES) } : {}
    const other = chance.happens(0.03) ? chance.pick(['Uint8Array', 'Float64Array', 'Int32Array'] as const) : kind
    return { array: other, length: Math.max(0, changed), fill: chance.pick(FILLS), ...memory }
  }
  return {
    r: chance.pick([0, 1, 2, 3, 17]),
    c: chance.pick([1, 16, 32, 64, 256, 512]),
    type: chance.pick(TYPES),
    n: chance.pick([0, 1, 2, 3, 64, 65, 130]),
    m: chance.pick([0, 1, 3, 65]),
    array,
    f32: (length) => array('Float32Array', length),
    f64: (length) => array('Float64Array', length),
    u8: (length) => array('Uint8Array', length),
    size: (size) => (chance.happens(0.1) ? { number: chance.pick(SIZES) } : size),
  }
}

function valueOf(argument: Argument, random: () => number): unknown {
  if (typeof argument !== 'object' || argument === null) return argument
  if ('number' in argument) return Number(argument.number)
  const { length, fill, memory } = argument
  const Kind = ARRAYS[argument.array]
  const bytes = length * Kind.BYTES_PER_ELEMENT
  const resizable = memory === 'resizable' || memory === 'shrunk'
  const plain = (): ArrayBuffer => (resizable ? new ArrayBuffer(bytes, { maxByteLength: bytes + 64 }) : new ArrayBuffer(bytes + 8))
  const buffer = memory === 'shared' ? new SharedArrayBuffer(bytes) : plain()
  const array = new Kind(buffer as ArrayBuffer, memory === 'offset' ? Kind.BYTES_PER_ELEMENT % 8 : 0, length)
  for (let i = 0; i < length; i++) array[i] = numberBy(fill, random)
  if (memory === 'shrunk') (buffer as ArrayBuffer).resize(0)
  if (memory === 'detached') structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
  return array
}

function numberBy(fill: Fill, random: () => number): number {
  const odd = (numbers: readonly number[]): number => numbers[Math.floor(random() * numbers.length)] ?? 0
  return fill === 'zeros' ? 0 : fill === 'ordinary' ? random() * 2 - 1 : odd(fill === 'not numbers' ? NONE : ODD)
}

export const openTarget: OpenTarget = () => {
  const path = process.env['WHITTLE_KERNELS_ADDON'] ?? builtAddonPath()
  if (!existsSync(path)) throw new Unavailable('the native kernels are not built')
  const addon = createRequire(import.meta.url)(path) as Record<string, (...values: unknown[]) => unknown>
  return {
    make(chance) {
      const name = chance.pick(Object.keys(CALLS))
      return { call: utf8(JSON.stringify({ name, arguments: CALLS[name]?.(arraysBy(chance), chance) ?? [] } satisfies Called)) }
    },
    run(input) {
      const { name, arguments: given } = JSON.parse(textOf(input, 'call')) as Called
      const random = seededRandom(1)
      try {
        addon[name]?.(...given.map((argument) => valueOf(argument, random)))
      } catch (error) {
        // What does not fit is the caller's mistake, by design; memory that cannot be had is told.
        const isByDesign =
          error instanceof TypeError || error instanceof RangeError || (error instanceof Error && /out of memory/.test(error.message))
        throw isByDesign ? new Refused(error.name) : error
      }
    },
  }
}
