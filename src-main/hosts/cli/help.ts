import type { MethodCard } from '../../contract/calls.ts'
import { settingsOf } from './method-flags.ts'

const HELP = `whittle shrinks Mixture-of-Experts language models to the size your machine holds.

  whittle open <folder>                          what a model is
  whittle calibrate <folder>                     measure once what every budget reuses
  whittle plan <folder> --bits 4.5               what would be written
  whittle compress <folder> --size 12GB          write the smaller model and judge it
  whittle compress --resume <run>                go on with a planned or stopped run
  whittle report <run>                           show a run's report again
  whittle report <path> --model <folder>         judge a GGUF file or an exported folder against its original
  whittle history                                every run, newest first
  whittle delete <run>                           forget a run and what it left unfinished; --with-file: its finished file too
  whittle demo                                   shrink the built-in demo model

How small (one of):
  --bits <n>             bits per weight: over the whole file, or over the experts' weights (mc, gptq, rtn)
  --size <size>          size of the file: 12GB, 7.3GB, 900MB, 12GiB (1 GB = 10^9 bytes, 1 GiB = 2^30)
  --percent <n>          percent of the original
  --remove <n>           percent of the expert parameters that go, for methods that factor them
  --vram <size>          memory of the graphics card, with --context <tokens> (4096)

  --model <folder>       a Hugging Face folder with safetensors; whittle:demo-model is the one that comes with Whittle
  --pretokenizer <name>  cut text as llama.cpp does under this name: for a model whose own way it has no name for, which names the choice
  --out <path>           the file or folder to write (default: a new one in the work folder)
  --force                replace it if it exists and is a GGUF file, or a folder that Whittle wrote
  --corpus <file>        text to calibrate on (default: the text that comes with Whittle)
  --heldout <file>       text to judge on (default: text that calibration never sees)
  --calibration-tokens <n>, --heldout-tokens <n>, --window-tokens <n>
  --method <id>          how to shrink it, see below
  --format <name>        gguf, safetensors (loads in transformers with its own code), safetensors-gptq (the GPTQ layout),
                         safetensors-dense (the original's form); default: the first one a method can write
  --device <name>        auto, cpu, webgpu, cuda, dml or coreml
  --threads <n>          0 = one per core
  --seed <n>             same recipe and seed, same bytes
  --fresh-history        begin an empty history where the one there cannot be read; that one is kept beside it
  --work <folder>        where runs and measurements are kept (default: the platform's data folder)
  --json                 one JSON object on standard output, nothing else
  --version, --help

Exit codes: 0 done, 2 something to mend on your side, 1 on ours, 130 interrupted.
`

/** The help text, with every method's settings as the registry states them. */
export function helpText(methods: readonly MethodCard[]): string {
  return `${HELP}\nMethods:\n${methods.map(methodText).join('\n')}`
}

function methodText(method: MethodCard): string {
  const settings = [...settingsOf(method)].map(([flag, { setting }]) => {
    const value =
      setting.default === undefined ? '' : ` (${Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)})`
    return `      --${flag}${value}\n          ${setting.description ?? ''}\n`
  })
  return `  ${method.id}: ${method.summary}\n      writes ${method.formats.join(', ')}\n${settings.join('')}`
}
