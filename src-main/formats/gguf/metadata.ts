import type { GgufNumberType, GgufValue } from '../../architectures/architecture.ts'
import { invalidGguf, type ByteCursor } from './byte-cursor.ts'
import type { ByteSink } from './byte-sink.ts'
import { GGUF_LIMITS as LIMITS } from './limits.ts'

type ScalarType = GgufNumberType | 'bool' | 'string'

/** GGUF's number of each value type. */
const TYPE_IDS: Readonly<Record<ScalarType | 'array', number>> = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
}

const TYPE_BY_ID: ReadonlyMap<number, string> = new Map(Object.entries(TYPE_IDS).map(([type, id]) => [id, type]))

/** Least bytes an element takes: a string is at least its length. */
const SMALLEST: Readonly<Record<ScalarType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  string: 8,
  u64: 8,
  i64: 8,
  f64: 8,
}

/** Kept as long as on disk; 64-bit numbers as doubles, which hold every safe integer. */
const ARRAYS = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  u64: Float64Array,
  i64: Float64Array,
  f64: Float64Array,
} as const

/** Writes one key with its value. */
export function encodeEntry(sink: ByteSink, key: string, entry: GgufValue): void {
  sink.string(key)
  sink.i32(TYPE_IDS[entry.type])
  if (entry.type !== 'array') return encodeScalar(sink, entry.type, entry.value)
  sink.i32(TYPE_IDS[entry.of])
  sink.u64(entry.value.length)
  for (const element of Array.from<number | boolean | string>(entry.value)) encodeScalar(sink, entry.of, element)
}

function encodeScalar(sink: ByteSink, type: ScalarType, value: number | boolean | string): void {
  if (type === 'string') sink.string(String(value))
  else if (type === 'bool') sink.u8(value === true ? 1 : 0)
  else sink[type](Number(value))
}

/** Reads one key with its value. Throws ExpectedError 'gguf-invalid' {reason}. */
export function decodeEntry(cursor: ByteCursor): [string, GgufValue] {
  const key = cursor.string(LIMITS.keyBytes, 'key')
  if (key === '') throw invalidGguf({ reason: 'key-empty' })
  const type = typeNamed(cursor.i32(), key)
  return [key, type === 'array' ? decodeArray(cursor, key) : decodeScalar(cursor, type, key)]
}

function decodeScalar(cursor: ByteCursor, type: ScalarType, key: string): GgufValue {
  if (type === 'string') return { type, value: cursor.string(LIMITS.stringBytes, key) }
  if (type === 'bool') return { type, value: decodeBool(cursor, key) }
  return { type, value: cursor[type]() }
}

function decodeArray(cursor: ByteCursor, key: string): GgufValue {
  const of = typeNamed(cursor.i32(), key)
  if (of === 'array') throw invalidGguf({ reason: 'array-of-arrays', key })
  const length = cursor.count(LIMITS.arrayLength, SMALLEST[of], key)
  cursor.elements += length
  if (cursor.elements > LIMITS.arrayElements) throw invalidGguf({ reason: 'arrays-long', key, most: LIMITS.arrayElements })
  const fill = <T>(next: () => T) => Array.from({ length }, next)
  if (of === 'string') return { type: 'array', of, value: fill(() => cursor.string(LIMITS.stringBytes, key)) }
  if (of === 'bool') return { type: 'array', of, value: fill(() => decodeBool(cursor, key)) }
  const value = new ARRAYS[of](length)
  for (let i = 0; i < length; i++) value[i] = cursor[of]()
  return { type: 'array', of, value }
}

function decodeBool(cursor: ByteCursor, key: string): boolean {
  const value = cursor.u8()
  if (value > 1) throw invalidGguf({ reason: 'bool-other', key, value })
  return value === 1
}

function typeNamed(id: number, key: string): ScalarType | 'array' {
  const type = TYPE_BY_ID.get(id)
  if (type === undefined) throw invalidGguf({ reason: 'value-type', key, type: id })
  return type as ScalarType | 'array' // a key of TYPE_IDS, by construction of the map
}
