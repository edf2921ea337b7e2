import type { MethodCard } from '../../contract/calls.ts'
import { settingsOf } from './method-flags.ts'

const HELP = `whittle shrinks Mixture-of-Experts language models to the size your machine holds.

  whittle open <folder>                          what a model is
  whittle calibrate <folder>                     measure once what every budget reuses
  whittle plan <folder> --bits 4.5               what would be written
  whittle compress <folder> --size 12GB          write the smaller GGUF file and judge it
  whittle compress --resume <run>                go on with a planned or stopped run
  whittle report <run>                           show a run's report again
  whittle report <file.gguf> --model <folder>    judge a file against its original
  whittle demo                                   shrink the built-in demo model

How small (one of):
  --bits <n>             bits per weight, over the whole file
  --size <size>          size of the file: 12GB, 7.3GB, 900MB, 12GiB (1 GB = 10^9 bytes, 1 GiB = 2^30)
  --percent <n>          percent of the original
  --vram <size>          memory of the graphics card, with --context <tokens> (4096)

  --model <folder>       a Hugging Face folder with safetensors
  --out <file>           the file to write (default: a new one in the work folder)
  --force                replace the file if it exists
  --corpus <file>        text to calibrate on (default: the text that comes with Whittle)
  --heldout <file>       text to judge on (default: text that calibration never sees)
  --calibration-tokens <n>, --heldout-tokens <n>, --window-tokens <n>
  --method <id>          how to shrink it, see below
  --device <name>        auto, cpu, webgpu, cuda, dml or coreml
  --threads <n>          0 = one per core
  --seed <n>             same recipe and seed, same bytes
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
    const value = setting.default === undefined ? '' : ` (${Array.isArray(setting.default) ? setting.default.join(',') : String(setting.default)})`
    return `      --${flag}${value}\n          ${setting.description ?? ''}\n`
  })
  return `  ${method.id}: ${method.summary}\n${settings.join('')}`
}
