/**
 * Why something failed, more exactly than the error's code: `reason` in its details. The English stands here beside the code, once, for
 * terminals, exported files and the English page; every other language is a catalog with the same keys and {names}. What the names stand
 * for lies in the details beside the reason.
 */
export const REASONS = {
  // what the system says of a path
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'you are not allowed to',
  EPERM: 'you are not allowed to',
  EROFS: 'the volume is read-only',
  EISDIR: 'it is a folder',
  EBUSY: 'another program is using it',
  ENAMETOOLONG: 'it is longer than this drive allows',
  EINVAL: 'it holds characters that this drive does not allow in names',
  ELOOP: 'its links lead in a circle',
  // any file
  empty: 'it is empty',
  unreadable: 'it cannot be opened',
  'refused-by-the-system': 'the system does not let it be read ({system})',
  'not-a-file': 'it is not a file',
  'too-long': 'it is longer than {most} bytes',
  shrank: 'it shrank while it was read',
  // JSON
  'not-utf8': 'it holds bytes that are no UTF-8',
  'not-json': 'it is no JSON',
  'not-an-object': 'it is no JSON object',
  'json-open-string': 'a string in it does not end',
  'json-key-twice': 'the key {name} is there twice',
  'json-depth': 'it is nested deeper than {most}',
  'json-keys': 'an object in it has more than {most} keys',
  'json-values': 'it has more than {most} values',
  // a text
  binary: 'it holds something other than text',
  private: "it is hidden, or lies among a program's own files",
  'not-utf16': 'it begins like UTF-16 and is not',
  'no-text-files': 'the folder holds no text files',
  'no-text-field': 'its objects have no "text"',
  'no-line-to-cut-at': 'it has no line to cut at',
  'json-too-deep': 'its JSON is nested deeper than text ever is',
  'json-too-large': 'it is one JSON value too large to read; put one on each line',
  // config.json
  // what a family's config.json or GGUF header says
  absent: 'it is missing',
  'no-count': 'it is no whole number from {least} to {most}',
  'not-positive': 'it is no number above 0',
  'no-flag': 'it is neither true nor false',
  differs: 'it differs from {other}',
  exceeds: 'it is more than {other}',
  uneven: 'it does not divide {other}',
  'odd-head': 'it is odd, so positions cannot turn pairs',
  'no-pairs': 'it leaves no pairs that turn with the position',
  'no-share': 'it is no share above 0, at most 1',
  'unknown-word': 'it is none of {known}',
  'all-dense': 'it leaves no layer with experts',
  'few-in-groups': 'it leaves fewer experts than a token is sent to',
  'missing-or-no-text': 'it is missing or no text',
  'other-layers': 'it has {found} layers of {wanted}',
  'no-such-column': 'it names a column that is not there',
  'form-unfit': 'its matrices do not lie as it says',
  // weights in safetensors
  'is-gguf': 'it is a GGUF file',
  'no-brace': 'it does not begin with a brace',
  'tensors-many': 'it names more than {most} tensors',
  'shards-many': 'it names more than {most} files',
  'no-weight-map': 'it has no weight_map',
  'shard-no-name': 'the file of {tensor} is no name',
  'entry-no-object': 'the entry of {tensor} is no object',
  'shape-no-sizes': 'the shape of {tensor} is no list of sizes',
  'offsets-no-pair': 'the offsets of {tensor} are not two numbers',
  'shape-too-large': 'the shape of {tensor} is too large to count',
  'shape-other-bytes': 'the shape of {tensor} takes {bytes} bytes, its offsets span {span}',
  'bytes-before': 'unused bytes before {tensor}',
  'bytes-after': '{unused} unused bytes after the last tensor',
  // GGUF
  'no-magic': 'it does not begin with GGUF',
  'big-endian': 'it is big-endian',
  'gguf-version': 'it is of version {version}, not {known}',
  'header-long': 'its header is longer than {most} bytes',
  'count-many': '{what}: {count} is more than {most}',
  'holds-nul': '{what} holds a NUL',
  'ends-before': 'the file ends before {what} does',
  'text-not-utf8': '{what} is no UTF-8',
  'number-large': 'the number {number} is beyond 2^53',
  'key-empty': 'a key is empty',
  'key-missing': 'the key {key} is missing',
  'array-of-arrays': '{key} is an array of arrays',
  'arrays-long': '{key}: all arrays together have more than {most} elements',
  'bool-other': '{key}: a bool is {value}',
  'value-type': '{key} is of the unknown type {type}',
  alignment: 'general.alignment is no power of two from 8 to 1 MiB',
  'tensor-nameless': 'a tensor has no name',
  'tensor-twice': 'the tensor {tensor} is there twice',
  'tensor-unaligned': 'the tensor {tensor} is not aligned to {alignment}',
  'tensor-overlaps': 'the tensor {tensor} overlaps the one before it',
  'tensor-dimensions': 'the tensor {tensor} has {dimensions} dimensions',
  'tensor-sizes': 'the tensor {tensor} has the sizes {sizes}',
  'tensor-type': 'the tensor {tensor} is of type {type}, which is unknown here',
  'tensor-blocks': 'rows of the tensor {tensor} are not whole {type} blocks',
  'tensors-beyond': 'the file has {bytes} bytes, its tensors end at {end}',
  'ends-inside': 'the file ends inside {tensor}',
  // the tokenizer and the chat template
  merge: 'its merge {at} is damaged',
  'model-not-bpe': 'it is of the kind {type}, not BPE',
  'vocabulary-missing': 'it has no vocabulary',
  'token-id': 'the token {token} has the number {id}',
  'token-id-twice': 'two tokens have the number {id}',
  'unexpected-content': 'what it says at {at} is not expected there',
  'added-many': 'it has more than {most} added tokens',
  'added-long': 'it has more than {most} letters of added tokens',
  'step-no-object': 'its {part} has a step that is none',
  'steps-many': 'its {part} has more than {most} steps',
  'steps-missing': 'its {part} has no steps',
  'decoder-step': 'its decoder has a step that is not known: {step}',
  'decoder-expression': 'its decoder replaces by a regular expression',
  'decoder-no-text': 'its decoder replaces what is no text',
  'decoder-grows': 'its decoder replaces a text by a longer one',
  'more-tokens-than-rows': 'it has {tokens} tokens for {rows} rows of the embedding',
  'special-token-out-of-range': 'its token "{token}" has the number {id} of {rows}',
  'token-twice': 'its token "{token}" stands twice, at {first} and at {second}',
  'piece-damaged': 'one of its pieces is damaged',
  'pieces-many': 'it has more than {most} pieces',
  'pieces-none': 'it has no pieces',
  'pieces-differ': 'its token {id}, "{token}", is another one than in tokenizer.json',
  'rank-no-line': 'its line {line} is no token with its rank',
  'rank-twice': 'its line {line} holds a token that was there before',
  'ranks-long': 'it has tokens too long to be merged',
  'template-slow': 'it took longer than {milliseconds} ms',
  'template-large': 'it took more than {mebibytes} MiB of memory',
  // a budget, a method
  'context-too-long': 'the context is longer than the model reads',
  'bits-of-factors': 'factors have no bits; give a size, a percentage or a share to remove',
  'removes-none': '{method} rounds weights and removes none; give its budget as bits or as a size',
  'dense-size': "a dense rebuild has the original's size; say how much is to be removed, or the bits of a weight",
  'only-factors-remove': 'only methods that factor experts take a share to remove',
  'fewest-bits': 'the format {format} holds no width below {fewest}; the format {use} does',
  'width-not-held': 'the format {format} holds {held} bits, not {width}; the format {use} does',
  'skips-not-held': 'the format {format} cannot say which experts tokens skip; the format {use} can, or let them skip none',
  'no-experts': 'the model has no experts, and this is about experts',
  'dense-layers': 'some layers of the model have no experts, and this looks at those of each layer',
  'family-folder': 'Whittle writes folders of this kind only for families whose layers it can rebuild there; this one goes to GGUF',
  'groups-uneven': '{role} of {width} bits: groups of {groupSize} do not divide {columns} columns',
  'columns-uneven': '{role} of {width} bits: {columns} columns do not fill 32-bit words',
  'rows-uneven': '{role} of {width} bits: {rows} rows do not fill 32-bit words',
  // what was written, and what is replaced
  gone: 'it is not there any more',
  cut: 'it was cut',
  'not-as-written': 'it is not what was written',
  'other-header': 'its header is not the one written',
  'other-size': 'it has {bytes} bytes, not {expected}',
  'other-tensors': 'its header lists other tensors',
  'other-bytes': 'bytes {start} to {end} are not those that were written',
  'temporary-name': 'Whittle writes under that name, and no run of its own left it there',
  'not-a-folder': 'it is a file',
  'not-ours': 'it is no export of Whittle',
  'folder-inside': 'it has a folder inside: {name}',
  'inside-the-model': 'it lies in the folder of the original model, which is never changed',
  'inside-the-program': "it lies in Whittle's own folder, which the next version replaces",
  'read-by-the-run': 'it is the text that this run reads',
  'not-a-gguf': 'what lies there is no GGUF file, and only those are replaced',
  // measurements kept, the check of a file
  missing: 'it is not there',
  truncated: 'it is cut short',
  checksum: 'its checksum is wrong',
  version: 'another version of Whittle wrote it',
  'not-statistics': 'it holds no measurements',
  'not-numbers': '{tensor} does not read back as numbers',
  // runs, exports, answers
  imported: 'it was made on another machine',
  'not-done': 'the run has not finished',
  'no-report': 'it has no report yet',
  'no-model-yet': 'this run has no finished model yet',
  'shorter-than-journal': 'it has {bytes} bytes where {expected} were written',
  'file-gone': 'the model is no longer at {path}',
  'file-changed': '{path} was changed after it was written',
  'copy-differs': 'the copy differs from what the run wrote',
  'header-too-large': "parts of {partBytes} bytes can't even hold the vocabulary",
  'tensor-too-large': 'the tensor {tensor} is larger than a part may be',
  'too-many-parts': 'parts of {partBytes} bytes would be too many',
  'runs-large': 'these runs take more than {mebibytes} MiB together, more than any machine takes in; choose fewer',
  'model-gone': 'the original model is no longer at {path}',
  'model-changed': '{path} holds another model than the one this run shrank',
  'prompt-too-long': 'the question has {tokens} tokens; the model reads at most {contextLength}',
  // requests
  'other-model': 'the model in {path} is not the one this run was planned for; put that one back to go on, or start a new run',
  'no-such-type': 'no type is called {type}',
  'not-in-plan': 'the plan says nothing of {tensor}',
  'check-at-work': 'this check is at work already',
  cancelled: 'it was cancelled',
  'no-file-manager': 'this host has no file manager',
  'no-file-dialog': 'this host has no file dialog',
  'no-folder-dialog': 'this host has no folder dialog',
  'no-file': 'there is no file',
  'unknown-call': 'it is no call of this app',
  // settings and bundles
  'folder-missing': 'it does not exist',
  'folder-not-writable': 'it cannot be written to',
  'folder-not-readable': 'it cannot be read',
  'file-not-writable': 'the settings file cannot be written',
  'not-absolute': 'it must be a whole path',
  'not-a-bundle': 'it is no bundle of runs',
  'newer-version': 'it was made by a newer version of Whittle',
  'forbidden-field': 'it has a field named {field}',
  'bundle-large': 'it is larger than {mebibytes} MiB',
  // one setting
  'at-least': 'must be at least {limit}',
  'more-than': 'must be more than {limit}',
  'at-most': 'must be at most {limit}',
  'less-than': 'must be less than {limit}',
  'not-empty': 'must not be empty',
  'text-long': 'is too long',
  'one-of': 'must be one of {values}',
  'whole-number': 'must be a whole number',
  number: 'must be a number',
  'true-or-false': 'must be true or false',
  text: 'must be a text',
  'not-allowed': 'has a value that is not allowed',
  'no-setting': 'is not a setting of the method {method}',
  'layers-have-experts': 'the layers have {experts} experts',
  'groups-uneven-experts': '{groups} groups do not divide {experts} experts',
  'bases-many': '{bases} bases for {experts} experts',
  'rank-beyond': 'matrices of {rows} x {columns} have no rank {rank}',
  'rank-saves-nothing': 'factors of rank {rank} hold more than matrices of {rows} x {columns}',
  'bases-together': 'at most {most} bases of rank {rank} can be learned together',
  'no-type-for': 'must name one that {tensor} may be stored as; {types} may not',
  'skips-many': 'at most {most}: every token runs one expert, and protected tokens all {experts}',
  'window-long': 'a window may hold at most {most} tokens, the length of the text this model was made for',
  'tokens-many': 'this model can be run over at most {most} tokens at a time',
  'cut-known': 'is not needed: this tokenizer is known to cut text as {name}',
  'splits-files': 'only a GGUF file can be split; a folder already has a file for each layer',
  'modelfile-of-folder': 'a Modelfile is for GGUF files; this run wrote a folder',
  // devices, and parts the machine lacks
  'kernels-not-built': 'the native kernels are not built ({path})',
  'kernels-do-not-load': 'the native kernels do not load',
  'kernels-outdated': 'the native kernels are of another version; build them again ({path})',
  'kernels-not-wanted': 'WHITTLE_KERNELS=reference asks for the TypeScript kernels',
  'not-in-runtime': 'not part of ONNX Runtime {runtime} on this platform',
  'differs-from-processor': "self-test failed: results differ from the CPU's by {difference}",
  'runs-on-threads': 'ONNX Runtime {runtime}, {threads} threads',
  'passes-self-test': 'ONNX Runtime {runtime}, self-test passed',
  'llama-does-not-load': 'node-llama-cpp cannot be loaded',
  'llama-without-binary': 'llama.cpp has no binary for this machine',
  'folders-unread': 'no engine at hand reads safetensors folders',
} as const

export type Reason = keyof typeof REASONS

/** Every reason's words in a language other than English. */
export type ReasonWords = Readonly<Record<Reason, string>>

type Names<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Value = string | number | readonly (string | number)[]

/** One of these reasons, beside it what its words name. */
export type Because<R extends Reason = Reason> = R extends Reason
  ? { readonly reason: R } & { readonly [N in Names<(typeof REASONS)[R]>]: Value }
  : never

/** Whether this version has words for it: what lies in the history may come from another one. */
export function isReason(reason: unknown): reason is Reason {
  return typeof reason === 'string' && Object.hasOwn(REASONS, reason)
}

/** A sentence with its {names} filled in. */
export function fill(sentence: string, say: (name: string) => string): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => say(name))
}

/** A reason in English, with plain numbers. */
export function reasonText(because: Because): string {
  return toldText(because)
}

/** A reason with its facts, what another program said (`said`), or both, as the details of errors hold them. */
export type Told = Readonly<Record<string, unknown>>

/** The same in English; empty where nothing is known. */
export function toldText(told: Told): string {
  const reason = told['reason']
  const said = plain(told['said']).replace(/\.$/, '')
  if (!isReason(reason)) return said === '' ? plain(reason) : said
  return `${fill(REASONS[reason], (name) => plain(told[name]))}${said === '' ? '' : `: ${said}`}`
}

/** A fact as plain text. */
function plain(fact: unknown): string {
  if (Array.isArray(fact)) return fact.map(plain).join(', ')
  return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : ''
}
