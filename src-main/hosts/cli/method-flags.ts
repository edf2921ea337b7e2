import type { ParseArgsOptionsConfig } from 'node:util'
import * as z from 'zod'
import type { MethodCard } from '../../contract/calls.ts'
import { ExpectedError } from '../../contract/errors.ts'

/** What parseArgs makes of a flag. */
export type FlagValue = string | boolean | (string | boolean)[] | undefined

/** The part of a JSON schema that a flag is made from. */
const Setting = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  items: z.object({ type: z.string().optional() }).optional(),
  anyOf: z.array(z.object({ type: z.string().optional(), items: z.object({ type: z.string().optional() }).optional() })).optional(),
})
type Setting = z.infer<typeof Setting>

/** Settings of a method by their flag: keepOutputAtLeast is --keep-output-at-least. */
export function settingsOf(method: MethodCard): Map<string, { name: string; setting: Setting }> {
  const properties = z.record(z.string(), Setting).parse(method.parameters.properties ?? {})
  return new Map(Object.entries(properties).map(([name, setting]) => [toFlag(name), { name, setting }]))
}

/** Flags of every method's settings, derived from their schemas. */
export function methodFlags(methods: readonly MethodCard[]): ParseArgsOptionsConfig {
  const settings = methods.flatMap((method) => [...settingsOf(method)])
  return Object.fromEntries(settings.map(([flag, { setting }]) => [flag, { type: setting.type === 'boolean' ? 'boolean' : 'string' }]))
}

/**
 * The settings given on the command line, for `method` or the recommended one. Lists are written with commas.
 * @throws ExpectedError 'request-invalid' for a flag of another method
 */
export function readMethodFlags(
  methods: readonly MethodCard[],
  method: string | undefined,
  flags: Readonly<Record<string, FlagValue>>,
): Record<string, unknown> {
  const chosen = methods.find((each) => each.id === method) ?? methods[0]
  const own = chosen === undefined ? new Map<string, { name: string; setting: Setting }>() : settingsOf(chosen)
  const parameters: Record<string, unknown> = {}
  for (const flag of Object.keys(methodFlags(methods))) {
    const value = flags[flag]
    if (value === undefined) continue
    const found = own.get(flag)
    if (found === undefined)
      throw new ExpectedError('request-invalid', { problems: [{ path: `--${flag}`, reason: 'no-setting', method: chosen?.id ?? '' }] })
    parameters[found.name] = toValue(value, found.setting)
  }
  return parameters
}

/** A flag's text as its schema wants it; what does not fit is left for the schema to refuse. */
function toValue(value: FlagValue, setting: Setting): unknown {
  if (typeof value !== 'string') return value
  const kinds = setting.anyOf ?? [setting]
  const list = kinds.find(({ type }) => type === 'array')
  const isWord = setting.anyOf !== undefined && /^[a-z]+$/i.test(value)
  if (list !== undefined && !isWord) return value.split(',').map((part) => (isNumber(list.items?.type) ? Number(part) : part.trim()))
  return !isWord && kinds.some(({ type }) => isNumber(type)) ? Number(value) : value
}

function isNumber(type: string | undefined): boolean {
  return type === 'number' || type === 'integer'
}

/** A setting's name as a flag: windowTokens is window-tokens. */
export function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
