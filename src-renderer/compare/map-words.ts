import { bits, decimal, measure, percent } from '../words/numbers.ts'
import type { MapKind } from './map-values.ts'

/** A value of a map with its unit. */
export function sayMapValue(value: number, kind: MapKind): string {
  switch (kind) {
    case 'usage':
      return percent(value, 2)
    case 'error':
      return percent(value, 1)
    case 'bits':
      return bits(value)
    case 'rank':
      return decimal(value, 0)
    case 'saliency':
      return measure(value)
  }
}
