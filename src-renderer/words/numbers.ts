import { region, t } from '../locales/i18n.ts'

const BYTE_UNITS = ['KB', 'MB', 'GB', 'TB'] as const

/** A number with about three significant digits, in the reader's own notation. */
function threeDigits(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString(region(), { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A file's size; 1 GB = 10^9 bytes, as file managers and download pages count. */
export function fileSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length) {
    value /= 1000
    unit += 1
  }
  return unit === 0 ? t('words.bytes', { value: count(value) }) : `${threeDigits(value)} ${BYTE_UNITS[unit - 1]}`
}

/** Memory; 1 GiB = 2^30 bytes, as graphics cards count. */
export function memorySize(bytes: number): string {
  const gib = bytes / 2 ** 30
  if (Math.abs(gib) >= 1) return `${threeDigits(gib)} GiB`
  const mib = bytes / 2 ** 20
  return mib >= 1 || mib <= -1 ? `${threeDigits(mib)} MiB` : `${threeDigits(bytes / 1024)} KiB`
}

/** A file's size, rounded up: what is named as enough is enough. */
export function atLeastFileSize(bytes: number): string {
  return fileSize(upToThreeDigits(bytes))
}

/** Memory, rounded up: what is named as enough is enough. */
export function atLeastMemorySize(bytes: number): string {
  const unit = bytes >= 2 ** 30 ? 2 ** 30 : 2 ** 20
  return memorySize(upToThreeDigits(bytes / unit) * unit)
}

/** The next number with three significant digits. */
function upToThreeDigits(value: number): number {
  if (value < 1000 && Number.isInteger(value)) return value
  const step = 10 ** (Math.floor(Math.log10(value)) - 2)
  return Math.ceil(value / step - 1e-9) * step
}

/** A whole number with separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString(region())
}

/** A count as people say it: 30.5 billion, 6.3 million. */
export function bigCount(value: number): string {
  if (value >= 1e9) return t('words.billion', { value: threeDigits(value / 1e9) })
  if (value >= 1e6) return t('words.million', { value: threeDigits(value / 1e6) })
  if (value >= 1e4) return t('words.thousand', { value: threeDigits(value / 1e3) })
  return count(value)
}

/** A share 0..1 as a percentage; what is there but rounds to nothing is not called nothing. */
export function percent(share: number, digits = 0): string {
  const least = 10 ** -digits / 100
  if (share > 0 && share < least / 2) return `< ${percent(least, digits)}`
  return share.toLocaleString(region(), { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A number with at most so many digits after the point. */
export function decimal(value: number, digits = 2): string {
  return value.toLocaleString(region(), { maximumFractionDigits: digits })
}

/** The next number with so many digits after the point: what is named as enough is enough. */
export function ceiling(value: number, digits: number): number {
  const step = 10 ** digits
  return Math.ceil(value * step - 1e-9) / step
}

/** A percentage 0..100 with at most so many digits after the point; {@link percent} takes a share. */
export function percentage(value: number, digits = 2): string {
  return (value / 100).toLocaleString(region(), { style: 'percent', maximumFractionDigits: digits })
}

/** A length of time as people say it. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('words.seconds', { s })
  if (s < 3600) return t('words.minutes', { m: Math.floor(s / 60), s: s % 60 })
  return t('words.hours', { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) })
}

/** Bits per weight. */
export function bits(value: number): string {
  return value.toLocaleString(region(), { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** A small positive measure such as a KL divergence: enough digits to compare two of them. */
export function measure(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) < 0.0001)
    return value.toLocaleString(region(), { notation: 'scientific', minimumFractionDigits: 1, maximumFractionDigits: 1 }).replace('E', 'e')
  return value.toLocaleString(region(), { minimumSignificantDigits: 2, maximumSignificantDigits: 3 })
}

/** A perplexity. */
export function perplexity(value: number): string {
  return value.toLocaleString(region(), { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** A moment, short: today's time, or the day. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const sameDay = at.toDateString() === now.toDateString()
  const time = at.toLocaleTimeString(region(), { hour: '2-digit', minute: '2-digit' })
  if (sameDay) return t('words.today', { time })
  const day = at.toLocaleDateString(region(), {
    year: at.getFullYear() === now.getFullYear() ? undefined : 'numeric',
    month: 'short',
    day: 'numeric',
  })
  return t('words.dayAndTime', { day, time })
}

const UNITS_OF_TIME = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** A range of time as people say it: "3 to 8 hours", in the largest unit that the longer end fills twice. */
export function durationRange(low: number, high: number): string {
  if (low < 1 && high < 2) return t('words.a-second-or-two')
  const [unit, seconds] = UNITS_OF_TIME.find(([, each]) => high >= 2 * each) ?? ['second', 1]
  const say = (value: number): string => (value < 9.5 && unit !== 'second' ? decimal(value, value < 2.95 ? 1 : 0) : count(value))
  const from = say(low / seconds)
  const to = say(Math.max(high / seconds, 1))
  // "6 seconds to 2.2 minutes": a tenth of a minute is nothing people say.
  if (from !== say(0) && low >= 2 && low < 0.95 * seconds)
    return t('words.betweenUnits', { from: durationRange(low, low), to: durationRange(high, high) })
  if (from === to) return t(`words.just-${unit}`, { to })
  return from === say(0) ? t(`words.upTo-${unit}`, { to }) : t(`words.between-${unit}`, { from, to })
}
