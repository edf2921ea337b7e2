import { renderChat, SAMPLE_CHAT } from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * The two-turn sample conversation as the model's own template writes it, or null when it has none.
 * Throws ExpectedError 'template-invalid': worth a warning, not a stop, because the template is carried over as it is.
 */
export async function renderSample(tokenizer: Tokenizer): Promise<string | null> {
  if (tokenizer.chatTemplate === null) return null
  const { bos, eos } = tokenizer.special
  return renderChat(tokenizer.chatTemplate, SAMPLE_CHAT, {
    bos: bos === null ? '' : tokenizer.decode([bos]),
    eos: eos === null ? '' : tokenizer.decode([eos]),
  })
}
