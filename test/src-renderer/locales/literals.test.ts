import { parse } from 'vue/compiler-sfc'
import { describe, expect, it } from 'vitest'
import { rendererFiles } from './source.ts'

/** Signs, names and units that are the same in every language. */
const NAMES =
  /\b(Whittle|Core ML|GGUF|GPTQ|GB|GiB|MB|KLD|JSON|CSV|HTML|PNG|KV|SHA-256|llama\.cpp|Ollama|LM Studio|Hugging Face|transformers|Q\d\w*|bpw|px|Modelfile)\b/g

/** Attributes a person reads or hears. */
const SPOKEN = new Set([
  'aria-label',
  'aria-description',
  'aria-valuetext',
  'aria-roledescription',
  'title',
  'placeholder',
  'alt',
  'label',
  'heading',
  'note',
  'hint',
  'what',
  'confirm',
  'keep',
  'unit',
  'caption',
  'summary',
  'lead',
  'text',
  'word',
  'value-text',
])

const isProse = (text: string): boolean => /\p{L}{2,}/u.test(text.replace(NAMES, ''))

/**
 * String literals of an expression that a person would read: those of two words, or with a capital; keys and names of things are neither.
 */
function proseIn(expression: string): string[] {
  const withoutKeys = expression.replace(/\bt\(\s*(['`])(?:(?!\1).)*\1/g, 't(')
  return (
    [...withoutKeys.matchAll(/'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)]
      .map((match) => (match[1] ?? match[2] ?? '').replace(/\$\{[^}]*\}/g, ' '))
      // Keys of messages and names of fields, which are one word without a capital at its head.
      .filter(
        (text) =>
          isProse(text) &&
          !/^\p{Ll}[\w.-]*$/u.test(text) &&
          (/\p{Lu}\p{Ll}/u.test(text.replace(NAMES, '')) || /\p{L}{2,} \p{L}{2,}/u.test(text.trim())),
      )
  )
}

// The shape of a template's syntax tree as far as it is read here.
interface Node {
  type: number
  content?: string | { content: string }
  children?: Node[]
  props?: Prop[]
  branches?: Node[]
}
interface Prop {
  type: number
  name: string
  value?: { content: string }
  exp?: { content: string }
  arg?: { content: string }
}

function literalsOf(node: Node): string[] {
  const own: string[] = []
  if (node.type === 2 && typeof node.content === 'string' && isProse(node.content)) own.push(node.content.trim())
  if (node.type === 5 && typeof node.content === 'object') own.push(...proseIn(node.content.content))
  for (const prop of node.props ?? []) {
    if (prop.type === 6 && SPOKEN.has(prop.name) && isProse(prop.value?.content ?? '')) own.push(`${prop.name}="${prop.value?.content}"`)
    if (prop.type === 7 && prop.name === 'bind' && SPOKEN.has(prop.arg?.content ?? '') && prop.exp) own.push(...proseIn(prop.exp.content))
  }
  return [...own, ...(node.children ?? []).flatMap(literalsOf)]
}

describe('every word on screen comes from the catalogs', () => {
  it('sees literals where there are some', () => {
    const tree = parse(
      '<template><p title="Hi there" :aria-label="`Yes ${x}`">Text {{ a ? \'One more\' : t(\'area.key\') }}<b>GGUF</b></p></template>',
    ).descriptor.template?.ast
    expect(literalsOf(tree as unknown as Node)).toEqual(['title="Hi there"', 'Yes  ', 'Text', 'One more'])
  })

  const components = rendererFiles('.vue')
  it.each(components.map(({ path }) => path))('%s has none in its template', (path) => {
    const tree = parse(components.find((each) => each.path === path)?.text ?? '').descriptor.template?.ast
    expect(tree ? literalsOf(tree as unknown as Node) : []).toEqual([])
  })

  // Commands and programs to copy, a report for developers, and code that is no sentence.
  const OTHERS = [
    'locales/',
    'words/de/',
    'words/en/',
    'compare/export-html.ts',
    'result/how-to-use.ts',
    'run/failure-report.ts',
    'transports/transport.ts',
    'wizard/recipe-text.ts',
  ]
  const sources = rendererFiles('.ts', '.vue').filter(({ path }) => !OTHERS.some((other) => path.startsWith(other)))
  it.each(sources.map(({ path }) => path))('%s has no sentence in its code', (path) => {
    const text = sources.find((each) => each.path === path)?.text ?? ''
    const code = path.endsWith('.vue') ? (parse(text).descriptor.scriptSetup?.content ?? '') : text
    // What is thrown or written to the console is for developers.
    const lines = code.split('\n').filter((line) => !/^\s*(\/\/|\*|\/\*)|new Error\(|console\.\w+\(|@throws/.test(line))
    expect(lines.flatMap(proseIn).filter((each) => /\p{L}{2,} \p{L}{2,}/u.test(each))).toEqual([])
  })
})
