import type { MethodCard } from '../../src-main/contract/calls.ts'
import { language, t } from '../locales/i18n.ts'
import { commonContext, type Entry } from './entries.ts'
import { entryName, resultRows, verdictOf } from './result-rows.ts'
import { settingRows } from './settings-rows.ts'
import type { Apart } from './shared-axis.ts'

/** A text as HTML shows it, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

const STYLE = `body{margin:2rem auto;max-width:70rem;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;color:#1e1d1a;background:#fff}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}svg{max-width:100%;height:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.35rem .75rem;border-bottom:1px solid #e1ded5;text-align:start;vertical-align:top}
thead th{border-bottom:2px solid #8d887b}.differs th,.differs td{background:#f3f7f4}.muted{color:#66625a}`

/** Everything a comparison file is made from. `chart` is SVG text. */
export interface HtmlInput {
  readonly entries: readonly Entry[]
  readonly apart: readonly Apart[]
  readonly methods: readonly MethodCard[]
  readonly chart: string
  readonly chartTitle: string
  readonly version: string
  readonly now: Date
}

const cells = (tag: 'td' | 'th', values: readonly string[]): string =>
  values.map((value) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${escapeHtml(value)}</${tag}>`).join('')
const line = (label: string, values: readonly string[], differs = false): string =>
  `<tr${differs ? ' class="differs"' : ''}><th scope="row">${escapeHtml(label)}</th>${cells('td', values)}</tr>`

function table(head: readonly string[], lines: readonly string[]): string {
  return `<div class="scroll"><table><thead><tr><td></td>${cells('th', head)}</tr></thead><tbody>${lines.join('')}</tbody></table></div>`
}

/** The comparison as one file that needs nothing else: no scripts, no network, everything inside. */
export function compareHtml({ entries, apart, methods, chart, chartTitle, version, now }: HtmlInput): string {
  const titleOf = (entry: Entry): string =>
    methods.find((each) => each.id === entry.detail.recipe.method)?.title ?? entry.detail.recipe.method
  const letters = entries.map((entry) => entry.mark.letter)
  const results = resultRows(commonContext(entries)).map((row) =>
    line(
      row.label,
      entries.map((entry) => {
        const value = row.value(entry)
        return value === null ? '–' : row.say(value)
      }),
    ),
  )
  const settings = settingRows(entries, methods).map((row) => line(row.label, row.values, row.differs))
  const names = entries.map(
    (entry) =>
      `<li>${escapeHtml(entryName(entry, titleOf(entry)))} <span class="muted">${escapeHtml(entry.detail.summary.createdAt.slice(0, 10))}</span></li>`,
  )
  const others = apart.map(({ entry, reason }) => `<p>${escapeHtml(`${entry.mark.letter}: ${t(`compare.apart-${reason}`)}`)}</p>`)
  return `<!doctype html>
<html lang="${language()}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width"><title>${escapeHtml(t('compare.htmlTitle'))}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(t('compare.htmlTitle'))}</h1><p class="muted">${escapeHtml(t('compare.htmlMade', { moment: now.toISOString().slice(0, 16).replace('T', ' '), version }))}</p>
<ul>${names.join('')}</ul>
<h2>${escapeHtml(chartTitle)}</h2>${chart}${others.join('')}
<h2>${escapeHtml(t('compare.numbers'))}</h2>${table(letters, [line(t('compare.res-verdict'), entries.map(verdictOf)), ...results])}
<h2>${escapeHtml(t('compare.settings'))}</h2>${table(letters, settings)}
</body></html>
`
}
