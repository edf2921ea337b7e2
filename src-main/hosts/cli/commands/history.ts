import type { RunSummary } from '../../../contract/run.ts'
import type { Command } from '../command.ts'
import { sizeText } from '../numbers.ts'
import { printable } from '../printable.ts'

/** `whittle history`: every run, newest first. */
export const historyCommand: Command = async ({ service }) => {
  const runs = await service.call('run.list', {})
  return { json: { runs }, text: runs.length === 0 ? 'No runs yet. "whittle demo" makes one in a minute.' : table(runs) }
}

function table(runs: readonly RunSummary[]): string {
  const rows = [['Run', 'When', 'Model', 'Method', 'State', 'Size', 'KL divergence', ''], ...runs.map(cells)]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cells(run: RunSummary): string[] {
  const { id, createdAt, modelName, method, state, planBytes, originalBytes, klDivergence } = run
  const size =
    planBytes === null ? '-' : originalBytes === null ? sizeText(planBytes) : `${sizeText(originalBytes)} -> ${sizeText(planBytes)}`
  const when = createdAt.slice(0, 16).replace('T', ' ')
  return [id, when, modelName, method, state, size, klDivergence === null ? '-' : klDivergence.toFixed(4), remark(run)].map((text) =>
    printable(text).replace(/[\t\n]/g, '?'),
  )
}

/** Where its file is, or why there is none. */
function remark({ state, importedAt, outExists, outPath, tags }: RunSummary): string {
  const place = importedAt !== null ? 'from another machine' : outExists ? (outPath ?? '') : state === 'done' ? 'its file is missing' : ''
  return [place, ...tags.map((tag) => `#${tag}`)].filter((part) => part !== '').join(' ')
}
