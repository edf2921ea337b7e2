import { ExpectedError } from '../contract/errors.ts'
import { renderChat } from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * What a model reads when somebody asks it `prompt`: one turn in its own chat template, or the plain text where it has none, or one that
 * does not work. A beginning-of-text token comes first where the tokenizer puts one before every text and the template has not.
 */
export async function promptTokens(tokenizer: Tokenizer, prompt: string): Promise<Int32Array> {
  const { bos, eos, addBos } = tokenizer.special
  const ids = tokenizer.encode(
    (await renderTurn(tokenizer, prompt, { bos: textOf(tokenizer, bos), eos: textOf(tokenizer, eos) })) ?? prompt,
  )
  return addBos && bos !== null && ids[0] !== bos ? Int32Array.of(bos, ...ids) : ids
}

async function renderTurn({ chatTemplate }: Tokenizer, content: string, tokens: { bos: string; eos: string }): Promise<string | null> {
  if (chatTemplate === null) return null
  try {
    return await renderChat(chatTemplate, [{ role: 'user', content }], tokens)
  } catch (error) {
    if (error instanceof ExpectedError) return null
    throw error
  }
}

function textOf(tokenizer: Tokenizer, id: number | null): string {
  return id === null ? '' : tokenizer.decode([id])
}
