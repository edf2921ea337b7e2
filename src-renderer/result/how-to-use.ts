import type { FormatName } from '../../src-main/contract/recipe.ts'

/** One way to run the finished file. */
export interface HowTo {
  readonly id: string
  readonly title: string
  readonly sentence: string
  readonly commands: readonly { readonly what: string; readonly text: string }[]
}

/** A path as a shell takes it: quoted where it holds anything but plain characters. */
export function shellQuote(path: string, windows: boolean): string {
  if (/^[\w./:\\+-]+$/.test(path) && (windows || !path.includes('\\'))) return path
  return windows ? `"${path}"` : `'${path.replaceAll('\'', '\'\\\'\'')}'`
}

/** A name Ollama accepts, made from a file name. */
export function ollamaName(path: string): string {
  const base = (path.split(/[\\/]/).pop() ?? path).replace(/\.gguf$/i, '')
  return base.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || 'whittled'
}

/** What was written, and where. */
export interface Written { readonly path: string; readonly format: FormatName; readonly contextTokens: number; readonly platform: string }

/** How to run what was written in the programs that load it. */
export function howToUse(written: Written): HowTo[] {
  switch (written.format) {
    case 'gguf': return ggufWays(written)
    case 'safetensors': return [transformers(written.path, 'The folder carries the short program that reads this form; trust_remote_code lets transformers run it.', true), generate()]
    case 'safetensors-gptq': return [gptqModel(written.path), generate()]
    case 'safetensors-dense': return [transformers(written.path, 'Nothing special is needed: it loads as the original does.', false), generate()]
  }
}

function transformers(path: string, sentence: string, ownCode: boolean): HowTo {
  const text = [
    'from transformers import AutoModelForCausalLM, AutoTokenizer', '',
    `path = ${pythonText(path)}`, 'tokenizer = AutoTokenizer.from_pretrained(path)', `model = AutoModelForCausalLM.from_pretrained(path, dtype="auto"${ownCode ? ', trust_remote_code=True' : ''})`,
  ].join('\n')
  return { id: 'transformers', title: 'transformers', sentence, commands: [{ what: 'Install', text: 'pip install transformers torch' }, { what: 'Load', text }] }
}

function gptqModel(path: string): HowTo {
  const text = ['from gptqmodel import GPTQModel', '', `model = GPTQModel.load(${pythonText(path)})`, 'tokenizer = model.tokenizer'].join('\n')
  return { id: 'gptqmodel', title: 'GPTQModel', sentence: 'The layout is GPTQ\'s own; no code of ours is needed.', commands: [{ what: 'Install', text: 'pip install gptqmodel' }, { what: 'Load', text }] }
}

/** The same for every loader, once a model and a tokenizer are there. */
function generate(): HowTo {
  const text = ['inputs = tokenizer("The old lighthouse keeper", return_tensors="pt").to(model.device)', 'output = model.generate(**inputs, max_new_tokens=50)', 'print(tokenizer.decode(output[0]))'].join('\n')
  return { id: 'generate', title: 'Write text', sentence: 'With the model and the tokenizer loaded.', commands: [{ what: 'Continue a text', text }] }
}

/** A Python string literal. */
function pythonText(path: string): string {
  return JSON.stringify(path)
}

function ggufWays({ path, contextTokens, platform }: Written): HowTo[] {
  const windows = platform === 'win32'
  const quoted = shellQuote(path, windows)
  const name = ollamaName(path)
  return [
    { id: 'llama', title: 'llama.cpp', sentence: 'Chat in a terminal, or serve it to other programs.', commands: [
      { what: 'Chat', text: `llama-cli -m ${quoted} -c ${contextTokens} -ngl 99` },
      { what: 'Serve', text: `llama-server -m ${quoted} -c ${contextTokens} -ngl 99` },
    ] },
    { id: 'ollama', title: 'Ollama', sentence: 'Save these lines as a file named Modelfile, then create the model from it.', commands: [
      { what: 'Modelfile', text: `FROM ${path.includes(' ') ? `"${path}"` : path}\nPARAMETER num_ctx ${contextTokens}` },
      { what: 'Create and run', text: `ollama create ${name} -f Modelfile\nollama run ${name}` },
    ] },
    { id: 'lmstudio', title: 'LM Studio', sentence: 'Import the file once; it then appears under My Models.', commands: [
      { what: 'Import', text: `lms import ${quoted}` },
    ] },
  ]
}
