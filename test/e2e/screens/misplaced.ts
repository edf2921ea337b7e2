/**
 * Runs in the page: what of the main part a reader can't get at. Text or controls that reach out of the window sideways where nothing
 * scrolls, words cut off without a sign that there is more, and controls that lie over one another.
 */
export function misplaced(): string[] {
  const main = document.querySelector('main')
  if (!main) return ['there is no main part']
  const found: string[] = []
  const name = (element: Element): string =>
    `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${(element.textContent ?? '').trim().slice(0, 60)}`
  if (main.scrollWidth > main.clientWidth + 1) found.push(`main is ${main.scrollWidth - main.clientWidth} px too wide`)
  if (document.documentElement.scrollWidth > window.innerWidth + 1) found.push('the window scrolls sideways')

  /** Whether somebody above scrolls sideways or hides on purpose, as a table's box and text for screen readers do. */
  const isElsewhere = (element: Element): boolean => {
    for (let above: Element | null = element; above && above !== main; above = above.parentElement) {
      const style = getComputedStyle(above)
      if (
        ['auto', 'scroll'].includes(style.overflowX) ||
        style.clipPath !== 'none' ||
        style.visibility === 'hidden' ||
        above.getAttribute('aria-hidden') === 'true'
      )
        return true
      if (above !== element && style.overflowX === 'hidden' && style.textOverflow === 'ellipsis') return true
    }
    return false
  }
  const box = main.getBoundingClientRect()
  for (const element of main.querySelectorAll('*')) {
    const rect = element.getBoundingClientRect()
    if (rect.width === 0 || rect.height === 0 || element.closest('svg, canvas') || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    const hasText = [...element.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim())
    if (hasText && (rect.left < box.left - 1 || rect.right > box.right + 1) && !isElsewhere(element))
      found.push(`reaches out: ${name(element)}`)
    if (
      hasText &&
      style.overflowX === 'hidden' &&
      style.textOverflow !== 'ellipsis' &&
      element.scrollWidth > element.clientWidth + 2 &&
      !isElsewhere(element)
    )
      found.push(`cut off: ${name(element)}`)
    // Words wider than the box they stand in.
    if (
      hasText &&
      style.display !== 'inline' &&
      style.overflowX === 'visible' &&
      element.clientWidth > 0 &&
      element.scrollWidth > element.clientWidth + 4 &&
      !isElsewhere(element)
    )
      found.push(`sticks out: ${name(element)}`)
  }

  const controls = [
    ...main.querySelectorAll('button, a[href], input:not([type=file]), select, textarea, summary, [role=radio], [role=tab]'),
  ].filter((element) => {
    const rect = element.getBoundingClientRect()
    return rect.width > 2 && rect.height > 2 && element.checkVisibility() && !isElsewhere(element)
  })
  controls.forEach((one, index) => {
    for (const other of controls.slice(index + 1)) {
      if (one.contains(other) || other.contains(one)) continue
      const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()]
      const [wide, high] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)]
      // A bar that stays in sight while the rest scrolls lies over it by design.
      const stays = [one, other].some((each) => {
        for (let up: Element | null = each; up && up !== main; up = up.parentElement)
          if (['sticky', 'fixed'].includes(getComputedStyle(up).position)) return true
        return false
      })
      if (wide > 2 && high > 2 && !stays) found.push(`over one another: ${name(one)} and ${name(other)}`)
    }
  })
  return [...new Set(found)].slice(0, 12)
}
