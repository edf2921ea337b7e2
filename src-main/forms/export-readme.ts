import { MODELING_FILE } from './export-config.ts'
import type { ExportFormat } from './export-config.ts'

/** What an exported folder's README says. */
export interface ReadmeFacts {
  readonly name: string
  /** Name of the model it was made from. */
  readonly original: string
  /** As the original states it, or null. */
  readonly license: string | null
  readonly format: ExportFormat
  readonly bytes: number
  readonly originalBytes: number
  /** One line each: the method, its parameters, what was measured. */
  readonly done: readonly string[]
}

/** Fills resources/modeling/README.template.md. Throws RangeError at a placeholder it does not know. */
export function exportReadme(template: string, facts: ReadmeFacts): string {
  const words: ReadonlyMap<string, string> = new Map([
    ['name', facts.name],
    ['original', facts.original],
    ['license', facts.license ?? 'other'],
    ['size', gigabytes(facts.bytes)],
    ['originalSize', gigabytes(facts.originalBytes)],
    ['done', facts.done.map((line) => `- ${line}`).join('\n')],
    ['loading', LOADING[facts.format]],
    ['licenseNote', licenseNote(facts)],
  ])
  return template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const word = words.get(key)
    if (word === undefined) throw new RangeError(`the README template asks for ${key}`)
    return word
  })
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function licenseNote({ license, original }: ReadmeFacts): string {
  const stated =
    license === null
      ? `${original} states no license that could be read; ask its authors.`
      : `${original} is under ${license}, and so is this.`
  return `${stated} The weights here were made from its weights: whatever it asks of copies and changes holds for this folder.`
}

const STOCK = `\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("path/to/this/folder")
model = AutoModelForCausalLM.from_pretrained("path/to/this/folder")
\`\`\``

/** How to load a folder of each form. */
export const LOADING: Readonly<Record<ExportFormat, string>> = {
  safetensors: `With Hugging Face transformers 4.57 or later and PyTorch. The matrices lie here as codes or factors, which \`${MODELING_FILE}\` in this
folder understands; read it before you trust it. It is simple rather than fast: no kernels of its own.

${STOCK.replace('from_pretrained("path/to/this/folder")\n```', 'from_pretrained("path/to/this/folder", trust_remote_code=True)\n```')}`,
  'safetensors-gptq': `In the GPTQ layout (\`gptq_v2\`), with a bit width per module. With [GPTQModel](https://github.com/ModelCloud/GPTQModel), without code of ours:

\`\`\`python
from gptqmodel import GPTQModel

model = GPTQModel.load("path/to/this/folder")
\`\`\``,
  'safetensors-dense': `As the model it was made from: the same class, the same tensors, no code of ours.

${STOCK}`,
}
