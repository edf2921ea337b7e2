import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvCell, csvText } from '../../../src-renderer/compare/csv.ts'
import { entriesOf } from '../../../src-renderer/compare/entries.ts'
import { compareCsv } from '../../../src-renderer/compare/export-csv.ts'
import { compareHtml, escapeHtml } from '../../../src-renderer/compare/export-html.ts'
import { fileName } from '../../../src-renderer/ui/save-file.ts'
import { shareAxis } from '../../../src-renderer/compare/shared-axis.ts'
import { FAKE_METHODS } from '../fake/fake-methods.ts'
import { fakeRun } from '../fake/fake-runs.ts'

/** Reads RFC 4180 back, the way a spreadsheet does. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let [cell, quoted] = ['', false]
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (quoted) {
      if (letter !== '"') cell += letter
      else if (text[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = false
    } else if (letter === '"') quoted = true
    else if (letter === ',' || letter === '\n') {
      rows.at(-1)?.push(cell)
      cell = ''
      if (letter === '\n') rows.push([])
    } else if (letter !== '\r' || text[at + 1] !== '\n') cell += letter
  }
  return rows.slice(0, -1)
}

const EVIL = '<img src=x onerror="alert(1)">\'&'
const run = (id: string, more: object = {}) => ({
  detail: fakeRun({ id, large: true, state: 'done', stage: 'report', hoursAgo: 1, ...more }),
  memory: [],
})
const evil = run('b', { judgedOn: null, recipe: { corpusPath: '=HYPERLINK("http://x")', heldOutPath: EVIL } })
evil.detail.summary.modelName = EVIL
const entries = entriesOf([run('a'), evil])

describe('a cell of a spreadsheet', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@A1', "'@A1"],
    ['\tx', "'\tx"],
    ['a=1', 'a=1'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=A1,B1', '"\'=A1,B1"'],
  ])('%j is written %j', (text, cell) => {
    expect(csvCell(text)).toBe(cell)
  })

  it('keeps numbers as they are, and nothing as nothing', () => {
    expect([csvCell(-1.5e-7), csvCell(0), csvCell(61_064_245_248), csvCell(null)]).toEqual(['-1.5e-7', '0', '61064245248', ''])
  })

  it('is read back as it was, but for the quote that keeps it from running', () => {
    const cells = fc.array(
      fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', '=', '@', ';', ' ') }), { minLength: 2, maxLength: 4 }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(cells, (rows) => {
        const back = parseCsv(csvText(rows))
        expect(back.map((row) => row.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, '')))).toEqual(rows)
      }),
      { numRuns: 300 },
    )
  })
})

describe('the comparison as a table', () => {
  const rows = parseCsv(compareCsv(entries, FAKE_METHODS))

  it('has a run a line with every number in full', () => {
    const [head = [], first = []] = rows
    const at = (name: string): string => first[head.indexOf(name)] ?? 'no such column'
    expect(rows.map((row) => row.length)).toEqual([head.length, head.length, head.length])
    expect(at('run')).toBe('A')
    expect(Number(at('size'))).toBe(entries[0]?.report.file.bytes)
    expect(Number(at('divergence'))).toBe(entries[0]?.report.quality.klDivergence.mean)
    expect(at('judgedText')).toBe('b1'.repeat(32))
    expect(head).toEqual(expect.arrayContaining(['ratio', 'agreement', 'seconds', 'peakMemory', 'budget', 'parameter-types', 'seed']))
  })

  it('runs no formula that a file brought', () => {
    const [head = [], , second = []] = rows
    expect(second[head.indexOf('corpus')]).toBe('\'=HYPERLINK("http://x")')
  })
})

describe('the comparison as a page', () => {
  const { apart } = shareAxis(entries, null)
  const html = compareHtml({
    entries,
    apart,
    methods: FAKE_METHODS,
    chart: '<svg id="chart"></svg>',
    chartTitle: 'Loss by size',
    version: '0.1.0',
    now: new Date('2026-03-04T05:06:07Z'),
  })

  it('holds the numbers, the settings, the chart and why a run stands apart', () => {
    expect(html).toContain('<svg id="chart">')
    expect(html).toContain('2026-03-04 05:06')
    expect(html).toContain('is not known, so its loss can&#39;t be compared')
    const page = new DOMParser().parseFromString(html, 'text/html')
    expect(page.querySelectorAll('table')).toHaveLength(2)
    expect(page.body.textContent).toContain(EVIL)
    expect(page.querySelector('tr.differs')).not.toBeNull()
  })

  it('asks for nothing from anywhere and runs nothing', () => {
    expect(html).not.toMatch(/<script|<link|<iframe|onerror="|src="?http|url\(/i)
    expect(html).toContain("default-src 'none'")
    expect(new DOMParser().parseFromString(html, 'text/html').querySelectorAll('img, script, link, object, iframe')).toHaveLength(0)
  })

  it('escapes all that could become markup', () => {
    expect(escapeHtml('<a b="c" d=\'e\'>&')).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;')
  })
})

it('files are named by what they hold and the day', () => {
  expect(fileName('compare', 'csv', new Date('2026-03-04T05:06:07Z'))).toBe('whittle-compare-2026-03-04.csv')
})
