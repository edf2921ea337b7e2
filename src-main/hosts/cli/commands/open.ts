import type { ModelSummary } from '../../../contract/model.ts'
import { modelOf, preTokenizerOf } from '../arguments.ts'
import type { Command } from '../command.ts'
import { sizeText } from '../numbers.ts'

/** `whittle open`: what a model folder is. */
export const openCommand: Command = async ({ line, service }) => {
  const model = await service.call('model.open', { path: modelOf(line), preTokenizer: preTokenizerOf(line) })
  return { json: model, text: modelText(model) }
}

function modelText(model: ModelSummary): string {
  const billions = (count: number): string => (count >= 1e9 ? `${(count / 1e9).toFixed(2)} billion` : `${(count / 1e6).toFixed(2)} million`)
  return [
    `Model        ${model.name} (${model.architecture.title})`,
    `Layers       ${model.layers} x ${model.experts} experts, ${model.expertsPerToken} per token`,
    `Parameters   ${billions(model.parameters.total)}, ${billions(model.parameters.active)} active per token`,
    `Size         ${sizeText(model.bytes)} ${model.dtype} in ${model.shards} ${model.shards === 1 ? 'file' : 'files'}`,
    `Context      ${model.contextLength} tokens`,
    `Tokenizer    ${model.tokenizer.kind}, ${model.tokenizer.vocabulary} tokens, pre-tokenizer ${model.tokenizer.preTokenizer}`,
    `Chat         ${model.chatTemplate ? 'has a chat template' : 'no chat template'}`,
    `License      ${model.license ?? 'not stated'}`,
  ].join('\n')
}
