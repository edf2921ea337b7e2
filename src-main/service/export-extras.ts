import { createHash } from 'node:crypto'
import { open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { ExportedFile, ExportOrder } from '../contract/export.ts'
import type { RunDetail } from '../contract/run.ts'
import { modelfilePath } from '../contract/shell-words.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import { methods } from '../methods/index.ts'
import { checksumLines } from '../report/checksums.ts'
import { modelCard } from '../report/model-card.ts'
import { lastName } from './path-text.ts'

type Extra = ExportOrder['extras'][number]

/** Plain names where the folder is the export's own. */
const NAMES: Readonly<Record<Extra, string>> = {
  card: 'README.md',
  recipe: 'recipe.json',
  plan: 'plan.json',
  modelfile: 'Modelfile',
  checksums: 'SHA256SUMS',
}

/** What the extras are about. */
export interface ExtrasInput {
  readonly run: RunDetail & { report: NonNullable<RunDetail['report']> }
  readonly extras: readonly Extra[]
  readonly folder: string
  /** Put before the names where other runs' files lie in the same folder; '' for none. */
  readonly prefix: string
  /** The model's files, the first the one to load; or its folder. */
  readonly models: readonly string[]
  readonly version: string
}

/**
 * Writes the files beside a model. Checksums come last and name all others. A file that is there already stays: equal it counts, else
 * ExpectedError 'output-exists' {path}, before anything is written.
 */
export async function writeExtras(input: ExtrasInput): Promise<ExportedFile[]> {
  const { extras, folder } = input
  const texts = new Map<string, string>()
  for (const extra of ['card', 'recipe', 'plan', 'modelfile'] as const) {
    if (extras.includes(extra)) texts.set(nameOf(input, extra), textOf(input, extra))
  }
  if (extras.includes('checksums')) texts.set(nameOf(input, 'checksums'), await checksums(input, texts))
  for (const [name, text] of texts) await refuseOther(join(folder, name), text)
  const files: ExportedFile[] = []
  for (const [name, text] of texts) files.push(await writeText(join(folder, name), text))
  return files
}

function nameOf({ prefix }: ExtrasInput, extra: Extra): string {
  return `${prefix}${NAMES[extra]}`
}

function textOf(input: ExtrasInput, extra: Exclude<Extra, 'checksums'>): string {
  const { run, models, folder, extras, version } = input
  switch (extra) {
    case 'card':
      return modelCard({
        ...run,
        recipe: withoutPaths(run.recipe),
        method: methods.find(({ id }) => id === run.recipe.method)?.title ?? run.recipe.method,
        version,
        files: models.map((path) => fromFolder(folder, path)),
        modelfile: extras.includes('modelfile') ? nameOf(input, 'modelfile') : null,
      })
    case 'recipe':
      return json(withoutPaths(run.recipe))
    case 'plan':
      return json(run.plan)
    case 'modelfile':
      return modelfile(input)
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Folders of this machine are nobody's business; what remains tells a reader which model and texts were meant. */
function withoutPaths(recipe: RunDetail['recipe']): RunDetail['recipe'] {
  const named = (path: string | null): string | null => (path === null ? null : lastName(path))
  return {
    ...recipe,
    modelPath: lastName(recipe.modelPath),
    corpusPath: named(recipe.corpusPath),
    heldOutPath: named(recipe.heldOutPath),
    outPath: named(recipe.outPath),
  }
}

const UNREADABLE = ['# Ollama cannot read a file of this name: rename it, and put its new name here.', 'FROM ./model.gguf']

/** The template and the stop tokens are in the GGUF file; the context is named only where the budget was made for one. */
function modelfile({ run: { recipe, summary }, models, folder, version }: ExtrasInput): string {
  const path = fromFolder(folder, models[0] ?? '')
  const from = modelfilePath(isAbsolute(path) ? path : `./${path}`)
  return [
    `# ${summary.modelName.replaceAll(/\s+/g, ' ')}, made smaller with Whittle ${version}. Use: ollama create my-model -f <this file>`,
    ...(models.length > 1
      ? ['# Ollama loads single files only: merge the parts with llama-gguf-split --merge, and name the merged file here.']
      : []),
    ...(from === null ? UNREADABLE : [`FROM ${from}`]),
    ...(recipe.budget.kind === 'vram' ? [`PARAMETER num_ctx ${recipe.budget.contextTokens}`] : []),
    '',
  ].join('\n')
}

/** How a file is named from a folder: by what follows where it lies inside, else whole. */
function fromFolder(folder: string, path: string): string {
  const inside = relative(folder, path)
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/')
}

async function checksums(input: ExtrasInput, texts: ReadonlyMap<string, string>): Promise<string> {
  const {
    models,
    folder,
    run: {
      report: { file },
    },
  } = input
  const sums: { name: string; sha256: string }[] = []
  for (const path of await filesOf(models)) {
    const { size } = await stat(path)
    // A file of the run's own is not read again for its hash: it was exported with that hash checked, or never left its place.
    const isOwn = models.length === 1 && path === models[0] && size === file.bytes
    sums.push({ name: fromFolder(folder, path), sha256: isOwn ? file.sha256 : await sha256OfRange(path, 0, size) })
  }
  for (const [name, text] of texts) sums.push({ name, sha256: createHash('sha256').update(text).digest('hex') })
  return checksumLines(sums)
}

async function filesOf(models: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    models.map(async (path) => {
      if (!(await stat(path)).isDirectory()) return [path]
      return (await readdir(path, { withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map(({ name }) => join(path, name))
        .sort()
    }),
  )
  return lists.flat()
}

async function refuseOther(path: string, text: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new ExpectedError('output-exists', { path }, { cause: error })
  })
  if (found !== null && found !== text) throw new ExpectedError('output-exists', { path })
}

async function writeText(path: string, text: string): Promise<ExportedFile> {
  const bytes = Buffer.byteLength(text)
  const partial = join(dirname(path), `.${basename(path)}.partial`)
  try {
    const file = await open(partial, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
    return { path, bytes, linked: false }
  } catch (error) {
    await rm(partial, { force: true })
    throw explainWriteFailure(error, path, bytes)
  }
}
