import { basename } from 'node:path'
import type { ModelSummary } from '../contract/model.ts'
import { noteText } from '../contract/notes.ts'
import type { Plan } from '../contract/plan.ts'
import type { Budget, Recipe } from '../contract/recipe.ts'
import type { Report } from '../contract/report.ts'
import { modelfilePath, shellWord } from '../contract/shell-words.ts'
import { LOADING } from '../forms/export-readme.ts'

/** What a model card tells. */
export interface CardFacts {
  readonly recipe: Recipe
  readonly model: ModelSummary | null
  readonly plan: Plan | null
  readonly report: Report
  /** Title of the method. */
  readonly method: string
  /** Names of the model's files, the first the one to load; and of Ollama's file, if there is one. */
  readonly files: readonly string[]
  readonly modelfile: string | null
  /** Whittle's version. */
  readonly version: string
}

/** A README.md for what a run wrote: what it is, what it was measured to lose, how to run it. Numbers as the report has them. */
export function modelCard(facts: CardFacts): string {
  const { report, model, recipe } = facts
  const original = model?.name ?? basename(recipe.modelPath)
  return [
    frontMatter(facts),
    '',
    `# ${original}, ${size(report.file.bytes)}`,
    '',
    `${original} made smaller with Whittle ${facts.version}: ${size(report.file.bytes)} instead of ${size(report.original.bytes)}, ${report.bitsPerWeight.toFixed(2)} bits per weight.`,
    '',
    '## What was done',
    '',
    ...whatWasDone(facts),
    '',
    '## What it was measured to lose',
    '',
    ...quality(report),
    '',
    '## How to run it',
    '',
    ...running(facts),
    '',
    '## License',
    '',
    licenseNote(original, model?.license ?? null),
    '',
  ]
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
}

function frontMatter({ model, recipe, report }: CardFacts): string {
  const quoted = (text: string): string => JSON.stringify(text)
  const library = (report.format ?? 'gguf') === 'gguf' ? 'gguf' : 'transformers'
  return [
    '---',
    `license: ${quoted(model?.license ?? 'other')}`,
    `base_model: ${quoted(model?.name ?? basename(recipe.modelPath))}`,
    'base_model_relation: quantized',
    `library_name: ${library}`,
    'pipeline_tag: text-generation',
    '---',
  ].join('\n')
}

function whatWasDone({ recipe, plan, report, method, model }: CardFacts): string[] {
  const settings = Object.keys(recipe.parameters).length === 0 ? 'at their defaults' : `\`${JSON.stringify(recipe.parameters)}\``
  return [
    `- Method: ${method} (\`${report.method}\`), settings ${settings}`,
    `- Asked for: ${budgetWords(recipe.budget)}`,
    `- Calibrated on ${count(recipe.calibrationTokens)} tokens of ${recipe.corpusPath === null ? 'the text that comes with Whittle' : basename(recipe.corpusPath)}, seed ${recipe.seed}`,
    ...(model === null ? [] : [`- ${model.architecture.title}: ${layersOf(model)}`]),
    ...(plan?.notes ?? []).map((note) => `- ${noteText(note)}`),
  ]
}

function quality({ quality: found, verification }: Report): string[] {
  const { perplexity, klDivergence } = found
  return [
    `Against the original, on the same ${count(found.tokens)} held-out tokens that calibration never saw, with the written weights:`,
    '',
    '| | Original | This model |',
    '|---|---|---|',
    `| Perplexity | ${perplexity.original.toFixed(3)} | ${perplexity.shrunk.toFixed(3)} |`,
    `| KL divergence, nats per token | 0 | ${klDivergence.mean.toPrecision(3)} ± ${klDivergence.standardError.toPrecision(2)} |`,
    `| KL divergence, worst 1 % of tokens above | 0 | ${klDivergence.p99.toPrecision(3)} |`,
    `| Same most likely next token | 100 % | ${(found.topOneAgreement * 100).toFixed(1)} % |`,
    ...(verification === null
      ? []
      : [
          '',
          `${verification.engine} measured a perplexity of ${verification.perplexity.toFixed(3)} on the same tokens${verification.agrees ? '' : ', WHICH DISAGREES with the number above'}.`,
        ]),
  ]
}

/** In place of commands, for a file that none can name. */
const NO_COMMAND =
  'The name of the file holds characters that no command can name. ' +
  'Give it another name, then load it in llama.cpp, Ollama or LM Studio.'

function running({ files, modelfile, report, recipe }: CardFacts): string[] {
  const format = report.format ?? 'gguf'
  if (format !== 'gguf') return [LOADING[format]]
  const file = wordOfCard(files[0] ?? '')
  if (file === null) return [NO_COMMAND]
  const context = recipe.budget.kind === 'vram' ? ` -c ${recipe.budget.contextTokens}` : ''
  const parts =
    files.length > 1
      ? [
          '',
          `The model comes in ${files.length} parts; keep them in one folder and name the first. \`llama-gguf-split --merge\` makes one file of them.`,
        ]
      : []
  return [
    '**llama.cpp**',
    '',
    '```sh',
    `llama-server -m ${file}${context} --jinja`,
    '```',
    ...parts,
    '',
    `**Ollama**: ${ollama(files, modelfile)}`,
    '',
    `**LM Studio**: ${code(`lms import ${file}`)}, or put the file in its models folder.`,
  ]
}

function ollama([file = '', ...others]: readonly string[], modelfile: string | null): string {
  if (others.length > 0) return 'Ollama loads single files only: merge the parts first.'
  const ready = modelfile === null ? null : wordOfCard(modelfile)
  if (ready !== null) return code(`ollama create my-model -f ${ready}`)
  const line = code(`FROM ${modelfilePath(`./${basename(file)}`)}`)
  return `Write a file \`Modelfile\` with the line ${line}, then \`ollama create my-model -f Modelfile\`.`
}

/**
 * A file as a card's commands name it: by its own name, as sh reads it, because a card is read on other machines. A plain
 * name is the same in every shell. Null where no command can name it.
 */
function wordOfCard(path: string): string | null {
  const name = basename(path)
  return shellWord('posix', name.startsWith('-') ? `./${name}` : name)
}

/** Text as code within a line of Markdown, whatever backticks it has. */
function code(text: string): string {
  const fence = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1)
  return /^`|`$/.test(text) ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`
}

function budgetWords(budget: Budget): string {
  switch (budget.kind) {
    case 'size':
      return `at most ${size(budget.bytes)}`
    case 'percent':
      return `${budget.percent} % of the original's size`
    case 'bits':
      return `${budget.bitsPerWeight} bits per weight`
    case 'vram':
      return `a card of ${(budget.vramBytes / 2 ** 30).toFixed(1)} GiB with ${count(budget.contextTokens)} tokens of context`
    case 'remove':
      return `${budget.percent} % of the expert parameters removed`
  }
}

function licenseNote(original: string, license: string | null): string {
  const stated =
    license === null
      ? `${original} states no license that could be read; ask its authors.`
      : `${original} is under ${license}, and so is this.`
  return `${stated} These weights were made from its weights: whatever it asks of copies and changes holds here.`
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** "48 layers of 128 experts, 8 for each token", as far as it is so. */
function layersOf({ layers, denseLayers, experts, expertsPerToken }: ModelSummary): string {
  if (experts === 0) return `${layers} layers without experts`
  const routed = `${layers - denseLayers} layers of ${experts} experts, ${expertsPerToken} for each token`
  return denseLayers === 0 ? routed : `${routed}, and ${denseLayers} without`
}
