import type * as z from 'zod'

/** The text of a JSON column. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value)
}

/**
 * Reads a JSON column back through its schema: what lies on disk is input like any other.
 * @param what names the column in the error, which is a bug or a damaged database
 */
export function readJson<T>(schema: z.ZodType<T>, text: string, what: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`the stored ${what} cannot be read`, { cause: error })
  }
}
