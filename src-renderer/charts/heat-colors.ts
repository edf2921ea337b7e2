/** An sRGB color. */
export type Rgb = readonly [number, number, number]

/** Reads theme colors as numbers: the browser resolves the names, a canvas cannot. */
export function readRamp(host: HTMLElement, names: readonly string[]): Rgb[] {
  const probe = document.createElement('span')
  host.append(probe)
  try {
    return names.map((name) => {
      probe.style.color = `var(${name})`
      return parseRgb(getComputedStyle(probe).color)
    })
  } finally {
    probe.remove()
  }
}

/** `rgb(1, 2, 3)` as numbers; anything else is black. */
export function parseRgb(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number)
  return [red, green, blue]
}

/** The color at `share` 0..1 along a ramp, straight lines between its stops. */
export function rampColor(ramp: readonly Rgb[], share: number): Rgb {
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1)
  const low = Math.floor(at)
  const from = ramp[low] ?? [0, 0, 0]
  const to = ramp[low + 1] ?? from
  const mix = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * (at - low))
  return [mix(0), mix(1), mix(2)]
}

const RAMP = ['--heat-0', '--heat-1', '--heat-2', '--heat-3', '--heat-4']
const STEPS = 64
const UNKNOWN_ALPHA = 115

/** What a map is painted with: pixels as ImageData holds them, red in the lowest byte. */
export interface HeatInks {
  readonly steps: Uint32Array
  readonly unknown: number
  readonly cursor: number
  readonly mark: number
}

/** The theme's inks, read once: mixing colors for each cell of each frame would be most of the work. */
export function readInks(host: HTMLElement, names: readonly string[] = RAMP): HeatInks {
  const ramp = readRamp(host, names)
  const [ink = [0, 0, 0], mark = [0, 0, 0]] = readRamp(host, ['--ink', '--bits-2'])
  const steps = Uint32Array.from({ length: STEPS }, (_, step) => pixelOf(rampColor(ramp, step / (STEPS - 1))))
  return { steps, unknown: pixelOf(ramp[0] ?? [0, 0, 0], UNKNOWN_ALPHA), cursor: pixelOf(ink), mark: pixelOf(mark) }
}

/** Every machine a browser runs on stores the lowest byte first. */
function pixelOf([red, green, blue]: Rgb, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

/** The ink of a share 0..1; NaN is not known. */
export function inkOf({ steps, unknown }: HeatInks, share: number): number {
  if (Number.isNaN(share)) return unknown
  return steps[Math.round(Math.min(1, Math.max(0, share)) * (steps.length - 1))] ?? unknown
}
