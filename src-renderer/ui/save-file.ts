/** Hands the browser a file to save; the window's own dialog asks where to. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the content over once the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** A name for a file of today's runs: `whittle-compare-2026-11-22.csv`. */
export function fileName(what: string, ending: string, now = new Date()): string {
  return `whittle-${what}-${now.toISOString().slice(0, 10)}.${ending}`
}
