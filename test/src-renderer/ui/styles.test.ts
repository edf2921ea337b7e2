import { describe, expect, it } from 'vitest'
import { rendererFiles } from '../locales/source.ts'

/** Where a side of the screen is meant, not a side of the text: plots run from small to large, left to right, as numbers do. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = { 'charts/QualityCurve.vue': ['right:', 'border-left:'] }

/** Sides that stay where they are when text runs the other way. */
const PHYSICAL =
  /(?:^|[\s;{])((?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?|left|right|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear|transform-origin)\s*:\s*[^;}]*\b(left|right)\b/g

const stylesOf = (path: string, text: string): string =>
  (path.endsWith('.css') ? text : [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map((match) => match[1]).join('\n')).replace(
    /\/\*[\s\S]*?\*\//g,
    '',
  )

describe('styles know no left and right, so that they work for text that runs the other way', () => {
  it('sees physical sides where there are some', () => {
    expect([...'.a { margin-left: 1px; left: 0; text-align: right; border-top-left-radius: 2px }'.matchAll(PHYSICAL)]).toHaveLength(4)
    expect([...'.left { margin-inline-start: 1px; text-align: start }'.matchAll(PHYSICAL)]).toHaveLength(0)
  })

  const files = rendererFiles('.vue', '.css')
  it.each(files.map(({ path }) => path))('%s', (path) => {
    const found = [...stylesOf(path, files.find((each) => each.path === path)?.text ?? '').matchAll(PHYSICAL)].map((match) =>
      match[0].trim(),
    )
    expect(found.filter((each) => !ALLOWED[path]?.includes(each))).toEqual([])
  })

  it.each(files.map(({ path }) => path))('%s asks for room in rem, which counts the size of the text', (path) => {
    expect(stylesOf(path, files.find((each) => each.path === path)?.text ?? '').match(/@media[^{]*width[^{]*/g) ?? []).toEqual([])
  })
})
