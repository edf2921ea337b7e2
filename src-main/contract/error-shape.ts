import * as z from 'zod'

/** Code of an error on the wire: an `ErrorCode` of errors.ts, or 'internal' for a bug. */
export const AnyErrorCode = z.string()

/** An error as it crosses a process, a socket or `--json`. */
export const ErrorShape = z.object({ code: AnyErrorCode, message: z.string(), details: z.record(z.string(), z.unknown()) })
export type ErrorShape = z.infer<typeof ErrorShape>
