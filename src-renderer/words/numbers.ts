const BYTE_UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** A number with about three significant digits, in the reader's own notation. */
function threeDigits(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A file's size; 1 GB = 10^9 bytes, as file managers and download pages count. */
export function fileSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return unit === 0 ? `${count(value)} bytes` : `${threeDigits(value)} ${BYTE_UNITS[unit]}`
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
  return Math.round(value).toLocaleString()
}

/** A count as people say it: 30.5 billion, 6.3 million. */
export function bigCount(value: number): string {
  if (value >= 1e9) return `${threeDigits(value / 1e9)} billion`
  if (value >= 1e6) return `${threeDigits(value / 1e6)} million`
  if (value >= 1e4) return `${threeDigits(value / 1e3)} thousand`
  return count(value)
}

/** A share 0..1 as a percentage; what is there but rounds to nothing is not called nothing. */
export function percent(share: number, digits = 0): string {
  const least = 10 ** -digits / 100
  if (share > 0 && share < least / 2) return `< ${percent(least, digits)}`
  return share.toLocaleString(undefined, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A length of time as people say it. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

/** Bits per weight. */
export function bits(value: number): string {
  return value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** A small positive measure such as a KL divergence: enough digits to compare two of them. */
export function measure(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) < 0.0001) return value.toExponential(1)
  return value.toLocaleString(undefined, { minimumSignificantDigits: 2, maximumSignificantDigits: 3 })
}

/** A perplexity. */
export function perplexity(value: number): string {
  return value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
}

/** A moment, short: today's time, or the day. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const sameDay = at.toDateString() === now.toDateString()
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  if (sameDay) return `Today, ${time}`
  const day = at.toLocaleDateString(undefined, { year: at.getFullYear() === now.getFullYear() ? undefined : 'numeric', month: 'short', day: 'numeric' })
  return `${day}, ${time}`
}

const UNITS_OF_TIME = [['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]] as const

/** A range of time as people say it: "3 to 8 hours", in the largest unit that the longer end fills twice. */
export function durationRange(low: number, high: number): string {
  const [unit, seconds] = UNITS_OF_TIME.find(([, each]) => high >= 2 * each) ?? ['second', 1]
  const say = (value: number): string => (value < 9.5 && unit !== 'second' ? value.toLocaleString(undefined, { maximumFractionDigits: value < 2.95 ? 1 : 0 }) : count(value))
  const from = say(low / seconds)
  const to = say(Math.max(high / seconds, 1))
  if (low < 1 && high < 2) return 'a second or two'
  return from === to ? `${to} ${unit}s` : Number(from) === 0 ? `up to ${to} ${unit}s` : `${from} to ${to} ${unit}s`
}
