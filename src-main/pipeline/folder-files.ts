import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { outlineTensors, plainForm } from '../methods/limit.ts'
import { noteText } from '../contract/notes.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { FolderFile } from '../formats/safetensors/folder-writer.ts'
import { readModelFile, type RefuseFile } from '../formats/model-file.ts'
import { exportConfig, MODELING_FILE } from '../forms/export-config.ts'
import { exportReadme } from '../forms/export-readme.ts'
import { indexJson } from '../forms/folder-tensors.ts'
import { readConfigJson } from '../model/read-config.ts'
import { outlineOf } from './budget-of.ts'
import type { Source } from './source.ts'

/** Files of a model folder that belong to the model whatever its weights are stored as. */
const CARRIED =
  /^(tokenizer.*\.json|vocab\.json|merges\.txt|special_tokens_map\.json|added_tokens\.json|chat_template\.(jinja|json)|generation_config\.json|LICENSE(\.\w+)?|NOTICE(\.\w+)?)$/i

/** Most bytes of one of them: the largest tokenizers in use have 35 million. They are kept in memory until the weights are written. */
const CARRIED_BYTES = 64 << 20

/**
 * The small files of an export: what the model's own folder has besides weights, the config for the new form, and for forms of ours how to
 * load them.
 */
export async function folderFiles({ model, facts }: Source, plan: Plan, outPath: string, resources: string): Promise<FolderFile[]> {
  const format = plan.format
  if (format === 'gguf') throw new RangeError('a GGUF file has no small files')
  const form = format === 'safetensors-dense' ? plainForm(outlineOf(model)) : (plan.form ?? plainForm(outlineOf(model)))
  const config = exportConfig(await readConfigJson(facts.path), form, format, model)
  const files: FolderFile[] = [
    { name: 'config.json', content: `${JSON.stringify(config, null, 2)}\n` },
    { name: 'model.safetensors.index.json', content: indexJson(outlineTensors(outlineOf(model), form)) },
  ]
  for (const name of (await readdir(facts.path)).filter((entry) => CARRIED.test(entry)).sort()) {
    const refuse: RefuseFile = (because) => new ExpectedError('config-invalid', { folder: facts.path, file: name, ...because })
    const content = await readModelFile(facts.path, name, CARRIED_BYTES, refuse)
    if (content !== null) files.push({ name, content })
  }
  if (format === 'safetensors') files.push({ name: MODELING_FILE, content: { copyOf: join(resources, 'modeling', MODELING_FILE) } })
  files.push({ name: 'README.md', content: await readme(facts, plan, outPath, resources) })
  return files
}

async function readme(facts: Source['facts'], plan: Plan, outPath: string, resources: string): Promise<string> {
  const format = plan.format
  if (format === 'gguf') throw new RangeError('a GGUF file has no README')
  return exportReadme(await readFile(join(resources, 'modeling', 'README.template.md'), 'utf8'), {
    name: basename(outPath),
    original: facts.name,
    license: facts.license,
    format,
    bytes: plan.bytes,
    originalBytes: plan.originalBytes,
    done: [
      `method: ${plan.method}`,
      `settings: ${JSON.stringify(plan.parameters)}`,
      `bits per weight over all files: ${plan.bitsPerWeight.toFixed(3)}`,
      ...plan.notes.map((note) => noteText(note)),
    ],
  })
}
