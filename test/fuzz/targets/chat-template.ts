// Chat templates, which are programs: rendered in their own thread, within its time and memory.
import { renderChat, SAMPLE_CHAT } from '../../../src-main/text/chat-template.ts'
import { textOf, utf8 } from '../input.ts'
import { mutateText } from '../mutate-json.ts'
import type { OpenTarget } from '../target.ts'

const SOUND = [
  "{%- if messages[0]['role'] == 'system' %}{{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}{%- endif %}" +
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content|trim + '<|im_end|>' + '\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  '{{ bos_token }}{% set ns = namespace(found=false, i=0) %}{% for m in messages[::-1] %}{% if m.content is string and not ns.found %}' +
    "{% set ns.found = true %}{% set ns.i = loop.index0 %}{% endif %}{% endfor %}{% macro t(x, y='z') %}{{ x ~ y }}{% endmacro %}{{ t(ns.i) }}" +
    "{{ messages | selectattr('role', 'equalto', 'user') | list | tojson(indent=2) }}{{ range(3)|join(',') }}",
]

/** Templates that do harm as they are: without end, growing, or reaching for what is not theirs. */
const HOSTILE = [
  '{% for i in range(10**9) %}{% endfor %}',
  '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
  "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
  '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x|length }}',
  '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
  `{{ ${'('.repeat(20000)}1${')'.repeat(20000)} }}`,
  '{{ messages.constructor.constructor("return process")().exit(3) }}',
  '{{ messages["__proto__"]["x"] }}{% set ns = namespace() %}{% set ns.__proto__ = {"a": 1} %}{{ ns.a }}',
  '{{ raise_exception("no") }}',
  '{{ "abc"[0:10**18] }}',
  '{{ 1/0 }}{{ 2**1024 }}{{ (-1)**0.5 }}',
  '{# never ends',
  '{{ [1, 2, 3][::0] }}',
]

const PIECES = [
  '{{',
  '}}',
  '{%',
  '%}',
  '{%-',
  ' for i in range(9) ',
  ' endfor ',
  ' if ',
  ' endif ',
  '|join',
  '|tojson',
  '.content',
  '[0]',
  '[::-1]',
  '~',
  '**',
  '//',
  ' not ',
  ' in ',
  ' is ',
  'namespace(a=1)',
  'range(99999)',
  'range(10**7)',
  "'x'*99999",
  'messages',
  '.__proto__',
  '.constructor',
  '.split("")',
  '.strip()',
  '{#',
  '#}',
  '"',
]

export const openTarget: OpenTarget = () => ({
  make(chance) {
    if (chance.happens(0.1)) return { template: utf8(chance.pick(HOSTILE)) }
    let text = chance.pick(SOUND)
    for (let changes = chance.below(5); changes > 0; changes--) {
      const at = chance.below(text.length + 1)
      text = chance.happens(0.6)
        ? text.slice(0, at) + chance.pick(PIECES) + text.slice(at + chance.pick([0, 0, 1, 8]))
        : mutateText(chance, text)
    }
    return { template: utf8(text) }
  },
  async run(input) {
    await renderChat(textOf(input, 'template'), SAMPLE_CHAT, { bos: '<s>', eos: '</s>' })
  },
})
