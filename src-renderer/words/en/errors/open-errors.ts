import { because, clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords, OpenErrorCode } from '../../error-words.ts'

const DOWNLOAD_AGAIN = "Download that file again, and compare its size with the one on the model's page."
/** Whether it is llama.cpp that can't follow. */
const isRuntimes = (facts: ErrorFacts): boolean => facts.text('where', '') !== ''
const file = (facts: ErrorFacts) => facts.either(['path', 'file', 'shard'], 'A weight file')
const folder = (facts: ErrorFacts) => facts.either(['folder', 'path'], 'That folder')

/** Words for everything that can be wrong with a model folder. */
export const OPEN_ERRORS: Readonly<Record<OpenErrorCode, ErrorWords>> = {
  'folder-not-found': {
    what: "That folder isn't there.",
    why: (f) => `Nothing that can be read was found at ${folder(f)}.`,
    remedy: 'Check the path for typing mistakes, or whether the drive is connected. It should lead to the folder that holds config.json.',
  },
  'config-missing': {
    what: 'This folder has no config.json.',
    why: (f) => `${folder(f)} doesn't look like a Hugging Face model: the file that describes the model is missing.`,
    remedy: 'Choose the folder with config.json and the .safetensors files in it. If the download stopped early, run it again.',
  },
  'config-invalid': {
    what: (f) => `${f.text('file', 'config.json')} can't be understood.`,
    why: (f) => `Problem${f.text('key', '') ? ` at "${f.text('key', '')}"` : ''}: ${clause(f, 'it is damaged or incomplete')}.`,
    remedy: (f) => `Download ${f.text('file', 'config.json')} again from the model's page.`,
  },
  'architecture-unknown': {
    what: "Whittle doesn't know this kind of model yet.",
    why: (f) => `The model says it is "${f.text('architecture', 'something else')}". Known so far: ${f.text('known', 'qwen3_moe')}.`,
    remedy: 'Choose a model of one of these families.',
  },
  'config-key-unsupported': {
    what: (f) =>
      isRuntimes(f) ? 'llama.cpp would compute this model in another way.' : "The model uses a setting Whittle can't reproduce.",
    why: (f) =>
      `"${f.text('key', 'A setting')}" is ${f.text('value', 'set to something unknown')}. ` +
      (isRuntimes(f)
        ? 'A GGUF file of it would load, or not even that, and answer worse than the model does.'
        : 'Guessing would give a file that answers nonsense.'),
    remedy: (f) =>
      isRuntimes(f)
        ? 'Choose another model; where the method page offers a folder for this one, that works too.'
        : 'Choose another model, or the original this one was made from.',
  },
  'weights-missing': {
    what: 'This folder holds no weights.',
    why: (f) => `${folder(f)} has no .safetensors file.`,
    remedy: "Download the model again with all its files. GGUF files can't be made smaller from here: start from the original.",
  },
  'pickle-refused': {
    what: 'These weights are in a format that can run programs.',
    why: (f) =>
      `${f.either(['files', 'path'], 'A file')} is a Python pickle. Opening one can run whatever its author put in it, so Whittle never does.`,
    remedy: 'Look for a safetensors version of the same model; nearly every publisher offers one.',
  },
  'already-quantized': {
    what: 'This model is already compressed.',
    why: (f) =>
      `Its weights are stored as ${f.either(['format', 'method', 'quantization', 'quantMethod', 'dtype'], 'quantized numbers')}; shrinking them again would lose quality twice.`,
    remedy: 'Start from the original bf16 or f16 version of the model.',
  },
  'shard-missing': {
    what: 'A part of the model is missing.',
    why: (f) => `The index lists ${f.either(['shard', 'path', 'file'], 'a file')}, but it isn't in the folder.`,
    remedy: 'The download is not complete. Run it again; files that are there already are usually kept.',
  },
  'shard-truncated': {
    what: 'A weight file is cut short.',
    why: (f) =>
      `${file(f)} ends before it should${f.number('expected') !== null ? `: it holds ${f.size('bytes', 'fewer bytes')} and should hold ${f.size('expected', 'more')}` : ''}.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'shard-path-escapes': {
    what: "The model's index points outside its folder.",
    why: (f) => `It asks for "${f.either(['file', 'shard', 'path'], 'a path')}". An honest model never does that.`,
    remedy: "Don't use this copy. Get the model from a source you trust.",
  },
  'header-too-long': {
    what: 'A weight file is damaged.',
    why: (f) => `${file(f)} claims a table of contents longer than is allowed or than the file itself.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'header-invalid': {
    what: 'A weight file is damaged.',
    why: (f) => `The table of contents of ${file(f)} can't be read: ${clause(f, "it breaks the format's rules")}.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-overlap': {
    what: 'A weight file is damaged.',
    why: (f) => `In ${file(f)}, ${f.text('tensor', 'a part')} overlaps the part before it.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-out-of-bounds': {
    what: 'A weight file is damaged.',
    why: (f) => `In ${file(f)}, ${f.text('tensor', 'a part')} lies beyond the end of the file.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-missing': {
    what: 'A part of the model is missing.',
    why: (f) => `${f.text('tensor', 'A part')} should be there according to config.json or the index, but isn't.`,
    remedy: 'Download the model again with all its files.',
  },
  'tensor-unexpected': {
    what: 'The model holds a part nobody announced.',
    why: (f) => `${f.text('tensor', 'A part')} doesn't belong to this architecture or isn't in the index.`,
    remedy: 'The folder may mix files of two models. Download it again into an empty folder.',
  },
  'tensor-shape': {
    what: 'A part of the model has the wrong size.',
    why: (f) =>
      because(
        f,
        `${f.text('tensor', 'A part')} is ${f.text('shape', 'not what config.json says')}${f.text('expected', '') ? `, but should be ${f.text('expected', '')}` : ''}`,
      ),
    remedy: 'config.json and the weights may come from different models. Download both again.',
  },
  'dtype-unsupported': {
    what: "The weights are stored in a way Whittle can't read.",
    why: (f) => `${f.text('tensor', 'A part')} is stored as ${f.text('dtype', 'an unknown type')}. Whittle reads bf16, f16 and f32.`,
    remedy: 'Look for the bf16 or f16 version of the model.',
  },
  'tensor-not-finite': {
    what: 'The model contains broken numbers.',
    why: (f) => `${f.text('tensor', 'A part')} holds values that are not numbers. A file made from it would answer nonsense.`,
    remedy: "Download the model again. If that doesn't help, the published weights themselves are broken.",
  },
  'tokenizer-missing': {
    what: 'The tokenizer is missing.',
    why: (f) => `${folder(f)} has no ${f.text('file', 'tokenizer.json')}.`,
    remedy: "Download tokenizer.json and tokenizer_config.json from the model's page into the same folder.",
  },
  'tokenizer-invalid': {
    what: "The tokenizer can't be understood.",
    why: (f) => `${f.text('file', 'tokenizer.json')}: ${clause(f, 'it is damaged or of an unknown kind')}.`,
    remedy: 'Download tokenizer.json and tokenizer_config.json again.',
  },
  'pretokenizer-unknown': {
    what: (f) =>
      f.list('fits').length === 0
        ? 'llama.cpp would cut text differently than this model expects.'
        : 'llama.cpp has no name for the way this model cuts text.',
    why: (f) =>
      f.list('fits').length === 0
        ? `The tokenizer's rule isn't one of those llama.cpp knows (${f.text('known', 'none matched')}), and none of them cuts the test texts alike. A guess would quietly make answers worse.`
        : `On every test text it cuts like a way that has one: ${f.list('fits').join(', ')}.`,
    remedy: (f) =>
      f.list('fits').length === 0
        ? 'Choose a model with a standard tokenizer, or the original this one was made from.'
        : 'On the model page, choose the one this model was made from. The choice is kept with the run.',
  },
  'template-invalid': {
    what: "The chat template doesn't work.",
    why: (f) => `It could not be run: ${clause(f, 'unknown reason')}.`,
    remedy: 'Download tokenizer_config.json again, or take it from the original model.',
  },
}
