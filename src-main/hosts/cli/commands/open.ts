import type { ModelSummary } from '../../../contract/model.ts'
import { modelOf, preTokenizerOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { sizeText } from '../numbers.ts'

/** `whittle open`: what a model folder is. */
export const openCommand: Command = async ({ line, service }) => {
  const model = await service.call('model.open', { path: modelOf(line), preTokenizer: preTokenizerOf(line) })
  return { json: model, text: modelText(model) }
}

function layersText({ layers, denseLayers, experts, expertsPerToken, sharedWidth }: ModelSummary): string {
  if (experts === 0) return `${layers}, without experts (a dense model)`
  const routed = `${layers - denseLayers} x ${experts} experts, ${expertsPerToken} per token`
  return `${routed}${sharedWidth > 0 ? ' and the shared one' : ''}${denseLayers > 0 ? `; ${denseLayers} dense` : ''}`
}

/** What of the folder a text model has no use for. */
function leftOutText({ leftOut }: ModelSummary): string[] {
  const parts = leftOut.map(({ what, tensors, bytes }) => `${tensors} tensors of ${LEFT_OUT[what]} (${sizeText(bytes)})`)
  return parts.length === 0 ? [] : [`Left out     ${parts.join(', ')}: not needed for text`]
}

const LEFT_OUT: Readonly<Record<ModelSummary['leftOut'][number]['what'], string>> = {
  vision: 'vision',
  audio: 'sound',
  'later-tokens': 'layers that predict later tokens',
  'rope-table': 'position tables',
}

function modelText(model: ModelSummary): string {
  const billions = (count: number): string => (count >= 1e9 ? `${(count / 1e9).toFixed(2)} billion` : `${(count / 1e6).toFixed(2)} million`)
  return [
    `Model        ${model.name} (${model.architecture.title})`,
    `Layers       ${layersText(model)}`,
    `Parameters   ${billions(model.parameters.total)}, ${billions(model.parameters.active)} active per token`,
    `Size         ${sizeText(model.bytes)} ${model.dtype} in ${model.shards} ${model.shards === 1 ? 'file' : 'files'}`,
    `Context      ${model.contextLength} tokens`,
    `Tokenizer    ${model.tokenizer.kind}, ${model.tokenizer.vocabulary} tokens, pre-tokenizer ${model.tokenizer.preTokenizer}`,
    `Chat         ${model.chatTemplate ? 'has a chat template' : 'no chat template'}`,
    `License      ${model.license ?? 'not stated'}`,
    ...leftOutText(model),
  ].join('\n')
}
