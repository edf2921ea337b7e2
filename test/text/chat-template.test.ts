import { expect, test } from 'vitest'
import { renderChat, SAMPLE_CHAT } from '../../src-main/text/chat-template.ts'
import { renderSample } from '../../src-main/text/template-sample.ts'
import { openTokenizer } from '../../src-main/text/tokenizer.ts'

const TOKENS = { bos: '<s>', eos: '</s>' }
const CHATML = [
  '{%- for message in messages %}{{ "<|im_start|>" + message.role + "\\n" + message.content + "<|im_end|>\\n" }}{% endfor %}',
  '{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}',
].join('')

test('renders the two-turn sample', async () => {
  expect(await renderChat(CHATML, SAMPLE_CHAT, TOKENS)).toBe(
    '<|im_start|>user\nName a color.<|im_end|>\n<|im_start|>assistant\nGreen.<|im_end|>\n<|im_start|>assistant\n',
  )
})

test('knows the beginning and the end of text', async () => {
  expect(await renderChat('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}', SAMPLE_CHAT, TOKENS)).toBe('<s>Name a color.</s>')
})

test.each([
  ['does not parse', '{% if %}'],
  ['calls what does not exist', '{{ messages.nothing() }}'],
  ['raises an error', '{{ raise_exception("no") }}'],
])('a template that %s is refused', async (_, template) => {
  await expect(renderChat(template, SAMPLE_CHAT, TOKENS)).rejects.toMatchObject({ code: 'template-invalid' })
})

test('a template that never ends is stopped', async () => {
  const endless = '{% for a in range(100000) %}{% for b in range(100000) %}{% set c = a * b %}{% endfor %}{% endfor %}'
  const started = performance.now()
  await expect(renderChat(endless, SAMPLE_CHAT, TOKENS, 300)).rejects.toMatchObject({ code: 'template-invalid' })
  expect(performance.now() - started).toBeLessThan(3000)
})

test.each([
  ['one large list', '{{ range(1000000000) | length }}'],
  ['a list that doubles', '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}'],
])('a template that wants all memory, by %s, is stopped before the process is', async (_, greedy) => {
  await expect(renderChat(greedy, SAMPLE_CHAT, TOKENS, 60_000)).rejects.toMatchObject({
    code: 'template-invalid',
    details: { reason: 'template-large' },
  })
})

test("a tokenizer's own template is rendered with its own special tokens", async () => {
  const demo = await openTokenizer('resources/demo-model')
  expect(await renderSample(demo)).toBeNull()
  const chatTemplate = '{{ messages[1].content }}{{ eos_token }}'
  expect(await renderSample({ ...demo, chatTemplate })).toBe('Green.<|endoftext|>')
  await expect(renderSample({ ...demo, chatTemplate: '{{' })).rejects.toMatchObject({ code: 'template-invalid' })
})
