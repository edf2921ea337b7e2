import * as z from 'zod'

/** One setting of a method, as a form shows it. */
export interface ParameterField {
  readonly key: string
  readonly label: string
  readonly hint: string
  readonly kind: 'switch' | 'choice' | 'choices' | 'number' | 'text'
  readonly options: readonly string[]
  readonly fallback: unknown
  readonly min: number | undefined
  readonly max: number | undefined
  readonly whole: boolean
}

const Property = z.object({
  type: z.string().optional(), enum: z.array(z.string()).optional(), description: z.string().optional(), title: z.string().optional(),
  default: z.unknown(), minimum: z.number().optional(), maximum: z.number().optional(),
  items: z.object({ enum: z.array(z.string()).optional() }).loose().optional(),
}).loose()
const Schema = z.object({ properties: z.record(z.string(), Property).default({}) }).loose()

/** The form of a method's JSON schema: nothing about a method is known here but its schema. */
export function parameterFields(schema: Readonly<Record<string, unknown>>): ParameterField[] {
  const parsed = Schema.safeParse(schema)
  if (!parsed.success) return []
  return Object.entries(parsed.data.properties).map(([key, property]) => ({
    key, label: property.title ?? wordsOf(key), hint: property.description ?? '', kind: kindOf(property),
    options: property.enum ?? property.items?.enum ?? [], fallback: property.default,
    min: property.minimum, max: property.maximum, whole: property.type === 'integer',
  }))
}

function kindOf(property: z.infer<typeof Property>): ParameterField['kind'] {
  if (property.type === 'boolean') return 'switch'
  if (property.enum) return 'choice'
  if (property.type === 'array' && property.items?.enum) return 'choices'
  return property.type === 'number' || property.type === 'integer' ? 'number' : 'text'
}

/** keepAttentionAtLeast -> Keep attention at least */
function wordsOf(key: string): string {
  const spaced = key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/[_-]/g, ' ').toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
