import type { MethodCard } from '../../src-main/contract/calls.ts'
import * as z from 'zod'
import { decimal } from '../words/numbers.ts'
import { settingWords } from '../words/methods.ts'

/** One setting of a method, as a form shows it. */
export interface ParameterField {
  readonly key: string
  readonly label: string
  readonly hint: string
  /** 'number-or-word': a number, or the one word that stands beside it, such as auto. */
  readonly kind: 'switch' | 'choice' | 'choices' | 'number' | 'number-or-word' | 'numbers' | 'words' | 'text'
  /** Values to choose from, as the schema has them. */
  readonly options: readonly (string | number)[]
  readonly fallback: unknown
  readonly min: number | undefined
  readonly max: number | undefined
  readonly whole: boolean
  /** Fewest values a list may hold. */
  readonly least: number
  /** The word of a 'number-or-word'; null stands for JSON's null. */
  readonly word: string | null
}

const Value = z.union([z.string(), z.number()])
const Plain = z
  .object({
    type: z.string().optional(),
    enum: z.array(Value).optional(),
    const: z.union([Value, z.boolean()]).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
  })
  .loose()
const Property = Plain.extend({
  description: z.string().optional(),
  title: z.string().optional(),
  default: z.unknown().optional(),
  minItems: z.number().optional(),
  items: Plain.optional(),
  anyOf: z.array(Plain).optional(),
}).loose()
type Property = z.infer<typeof Property>
const Schema = z.object({ properties: z.record(z.string(), z.unknown()).default({}) }).loose()

/** Descriptions may open with what the setting is for, when it is not for everything that can be written. */
const ONLY_FOR = /^(GGUF|Folder): (.)/

/**
 * The form of a method's JSON schema for what is written, in the words for the method of that id: nothing about a method is known here but
 * its schema. Settings no form can show are left out.
 */
export function parameterFields(
  schema: Readonly<Record<string, unknown>>,
  writes: 'file' | 'folder' | null = null,
  method = '',
): ParameterField[] {
  const parsed = Schema.safeParse(schema)
  if (!parsed.success) return []
  return Object.entries(parsed.data.properties).flatMap(([key, raw]) => {
    const { data: property } = Property.safeParse(raw)
    if (property === undefined) return []
    const onlyFor = ONLY_FOR.exec(property.description ?? '')?.[1]
    if (onlyFor !== undefined && writes !== null && (onlyFor === 'GGUF') !== (writes === 'file')) return []
    const shape = shapeOf(property)
    if (shape === null) return []
    const hint = (property.description ?? '').replace(ONLY_FOR, (_all, _what, first: string) => first.toUpperCase())
    return [
      {
        key,
        ...settingWords(method, key, { label: property.title ?? wordsOf(key), hint }),
        fallback: property.default,
        least: property.minItems ?? 0,
        ...shape,
      },
    ]
  })
}

type Shape = Pick<ParameterField, 'kind' | 'options' | 'min' | 'max' | 'whole' | 'word'>
const NOTHING = { options: [], min: undefined, max: undefined, whole: false, word: null } as const

function shapeOf(property: Property): Shape | null {
  if (property.anyOf) return alternativesOf(property.anyOf)
  if (property.enum) return { ...NOTHING, kind: 'choice', options: property.enum }
  switch (property.type) {
    case 'boolean':
      return { ...NOTHING, kind: 'switch' }
    case 'number':
    case 'integer':
      return { ...NOTHING, kind: 'number', ...rangeOf(property) }
    case 'string':
      return { ...NOTHING, kind: 'text' }
    case 'array':
      return property.items ? listOf(property.items) : null
    default:
      return null
  }
}

/** A number or a word; several words; anything else has no field. */
function alternativesOf(alternatives: readonly z.infer<typeof Plain>[]): Shape | null {
  const numbers = alternatives.filter((each) => isNumber(each) && each.const === undefined)
  const others = alternatives.filter((each) => !numbers.includes(each))
  const words = others.flatMap(
    (each) => each.enum ?? (typeof each.const === 'string' || typeof each.const === 'number' ? [each.const] : []),
  )
  const [number] = numbers
  const [word, ...more] = words
  if (number === undefined) return words.length === others.length ? { ...NOTHING, kind: 'choice', options: words } : null
  if (numbers.length > 1 || more.length > 0 || others.length !== 1) return null
  if (word === undefined) return others[0]?.type === 'null' ? { ...NOTHING, kind: 'number-or-word', ...rangeOf(number) } : null
  return { ...NOTHING, kind: 'number-or-word', ...rangeOf(number), word: String(word) }
}

function listOf(items: z.infer<typeof Plain>): Shape | null {
  if (items.enum) return { ...NOTHING, kind: 'choices', options: items.enum }
  if (isNumber(items)) return { ...NOTHING, kind: 'numbers', ...rangeOf(items) }
  return items.type === 'string' ? { ...NOTHING, kind: 'words' } : null
}

const isNumber = ({ type }: z.infer<typeof Plain>): boolean => type === 'number' || type === 'integer'

/** Bounds that only say what a number can hold say nothing to people. */
function rangeOf({ type, minimum, maximum }: z.infer<typeof Plain>): Pick<Shape, 'min' | 'max' | 'whole'> {
  const said = (bound: number | undefined): number | undefined =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined
  return { min: said(minimum), max: said(maximum), whole: type === 'integer' }
}

/** keepAttentionAtLeast -> Keep attention at least */
function wordsOf(key: string): string {
  const spaced = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** What changing settings to `wanted` would change, in words: "Solver: fast". */
export function changeWords(
  { id, parameters: schema }: Pick<MethodCard, 'id' | 'parameters'>,
  current: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): string {
  const fields = new Map(parameterFields(schema, null, id).map((field) => [field.key, field]))
  const changed = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(current[key] ?? fields.get(key)?.fallback) !== JSON.stringify(value),
  )
  return changed
    .map(([key, value]) => `${fields.get(key)?.label ?? wordsOf(key)}: ${typeof value === 'number' ? decimal(value, 6) : String(value)}`)
    .join(', ')
}
