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

/** How to run a GGUF file in the usual programs. */
export function howToUse(path: string, contextTokens: number, platform: string): HowTo[] {
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
