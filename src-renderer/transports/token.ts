const KEY = 'whittle.token'

/**
 * The launch token of the loopback page. It comes once in the address (`#token=...`), is kept for this tab only and taken out
 * of the address, so that it is not copied, bookmarked or shown. Null when the page was opened without one.
 */
export function takeToken(page: Pick<Window, 'location' | 'history' | 'sessionStorage'>): string | null {
  const found = /^#token=([\w-]+)$/.exec(page.location.hash)
  if (found?.[1]) {
    page.sessionStorage.setItem(KEY, found[1])
    page.history.replaceState(null, '', `${page.location.pathname}${page.location.search}`)
  }
  return page.sessionStorage.getItem(KEY)
}
