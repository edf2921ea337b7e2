let percent = 100

/** Writes everything larger or smaller: all sizes are in rem. 100 is the size the system asks for. */
export function setTextSize(chosen: number): void {
  percent = chosen
  document.documentElement.style.fontSize = percent === 100 ? '' : `${percent}%`
}

/**
 * Chromium forgets the size of the root's text for `@container` queries in rem whenever a style sheet arrives, as one does with each page
 * that is opened for the first time, and learns it again when the size changes. So it is changed, and changed back before anybody sees it.
 */
function remind(): void {
  if (percent === 100) return
  const root = document.documentElement
  root.style.fontSize = `${percent - 0.5}%`
  void root.offsetWidth
  root.style.fontSize = `${percent}%`
  void root.offsetWidth
}

/** Keeps layouts at the chosen size of text through style sheets that come later. */
export function watchStyleSheets(): void {
  document.head.addEventListener('load', () => requestAnimationFrame(remind), { capture: true })
  requestAnimationFrame(remind)
}
