import type { Chance } from './chance.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { utf8 } from './input.ts'

/** A JSON value that can be what JSON.stringify cannot write: with a key twice, with any number. A leaf is its own text. */
interface Tree {
  leaf?: string
  list?: Tree[]
  fields?: [key: string, value: Tree][]
}

/** Names that mean something to somebody: objects, systems, terminals, shells, pages. */
export const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '0',
  '-1',
  'length',
  '../../x',
  '/etc/passwd',
  'C:\\x',
  '\\\\host\\share',
  'a\u0000b',
  '\u202etxt',
  '\ud800',
  '\u001b[31m',
  '\ufeff',
  '<img src=x onerror=alert(1)>',
  '$(touch x)',
  'con',
  'A'.repeat(300),
]

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '2',
  '1.5',
  '0.1',
  '1e-320',
  '1e3',
  '1e400',
  '-1e400',
  '512',
  '1024',
  '65536',
  '1000000',
  '16777216',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '18446744073709551615',
]

const DEPTHS = [3, 20, 70, 300, 5000]

/**
 * What to put into a value: `words` are names this reader knows, `most` the changes, all of them in the field `within` where one is named.
 */
export interface JsonMutation {
  readonly words?: readonly string[]
  readonly most?: number
  readonly within?: string
}

/** A value's JSON text with one to `most` changes of fields, elements, names, numbers and nesting; now and then with changed bytes. */
export function mutateJson(chance: Chance, sound: unknown, options: JsonMutation = {}): Uint8Array {
  const text = utf8(mutateJsonText(chance, sound, options))
  return chance.happens(0.1) ? mutateBytes(chance, text, 3) : text
}

/** The same, always as JSON of some form. */
export function mutateJsonText(chance: Chance, sound: unknown, { words = [], most = 3, within }: JsonMutation = {}): string {
  const tree = treeOf(sound)
  const place = tree.fields?.find(([key]) => key === within)?.[1] ?? tree
  for (let changes = 1 + chance.below(most); changes > 0; changes--)
    chance.pick(CHANGES)(chance, nodeOf(chance, place), [...NAMES, ...words, ...words])
  return textOf(tree)
}

/** A text with something put in, taken out, doubled or cut off. */
export function mutateText(chance: Chance, text: string): string {
  const at = chance.below(text.length + 1)
  return chance.pick([
    () => text.slice(0, at),
    () => text.slice(0, at) + chance.pick(NAMES) + text.slice(at),
    () => text.slice(0, at) + text.slice(at + 1 + chance.below(4)),
    () => text.slice(0, at) + String.fromCharCode(chance.below(0x10000)) + text.slice(at),
    () => text.slice(0, at) + text,
    () => text.toUpperCase(),
  ])()
}

type Change = (chance: Chance, node: Tree, names: readonly string[]) => void

const CHANGES: readonly Change[] = [
  (chance, node, names) => become(node, madeUp(chance, names)),
  (chance, node, names) => become(node, madeUp(chance, names)),
  changeLeaf,
  changeLeaf,
  removeOne,
  addOne,
  (chance, node, names) => {
    if (node.fields?.length) chance.pick(node.fields)[0] = chance.pick(names)
  },
  (chance, node) => {
    if (node.list?.length) node.list.push(...Array<Tree>(chance.pick([1, 2, 50, 300])).fill(chance.pick(node.list)))
  },
  (chance, node) => {
    if (node.fields?.length) node.fields.push(chance.pick(node.fields))
  },
]

function changeLeaf(chance: Chance, node: Tree, names: readonly string[]): void {
  const value: unknown = node.leaf === undefined ? null : JSON.parse(node.leaf)
  if (typeof value === 'string') become(node, stringLeaf(chance.happens(0.5) ? mutateText(chance, value) : chance.pick(names)))
  else if (typeof value === 'number') become(node, { leaf: numberText(chance.pick(neighbours(value))) })
  else if (node.leaf !== undefined) become(node, madeUp(chance, names))
}

function neighbours(value: number): number[] {
  return [value + 1, value - 1, -value, value * 2, value / 2, value + 0.5, value * 1e6, value * 1e9]
}

/** JSON has no name for infinity, but numbers beyond all. */
function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : value < 0 ? '-1e400' : '1e400'
}

function removeOne(chance: Chance, node: Tree): void {
  const items: unknown[] = node.fields ?? node.list ?? []
  if (items.length > 0) items.splice(chance.below(items.length), 1)
}

function addOne(chance: Chance, node: Tree, names: readonly string[]): void {
  if (node.fields) node.fields.splice(chance.below(node.fields.length + 1), 0, [chance.pick(names), madeUp(chance, names)])
  else node.list?.splice(chance.below(node.list.length + 1), 0, madeUp(chance, names))
}

function madeUp(chance: Chance, names: readonly string[]): Tree {
  return chance.pick<() => Tree>([
    () => ({ leaf: chance.pick(['null', 'true', 'false']) }),
    () => ({ leaf: chance.pick(NUMBERS) }),
    () => ({ leaf: chance.pick(NUMBERS) }),
    () => stringLeaf(chance.pick(names)),
    () => stringLeaf(chance.pick(names)),
    () => ({ list: [] }),
    () => ({ fields: [] }),
    () => nested(chance.pick(DEPTHS), chance.pick(['[]', '{}'])),
  ])()
}

function nested(depth: number, brackets: string): Tree {
  const isList = brackets === '[]'
  return { leaf: `${(isList ? '[' : '{"a":').repeat(depth)}1${(isList ? ']' : '}').repeat(depth)}` }
}

/** Any node, the outer ones likelier: there the meaning is. */
function nodeOf(chance: Chance, tree: Tree): Tree {
  const children = tree.fields?.map(([, value]) => value) ?? tree.list ?? []
  return children.length === 0 || chance.happens(0.2) ? tree : nodeOf(chance, chance.pick(children))
}

function become(node: Tree, other: Tree): void {
  delete node.list
  delete node.fields
  delete node.leaf
  Object.assign(node, other)
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { list: value.map(treeOf) }
  if (typeof value === 'object' && value !== null) return { fields: Object.entries(value).map(([key, item]) => [key, treeOf(item)]) }
  return { leaf: JSON.stringify(value) ?? 'null' }
}

function stringLeaf(text: string): Tree {
  return { leaf: JSON.stringify(text) }
}

function textOf({ leaf = 'null', list, fields }: Tree): string {
  if (list) return `[${list.map(textOf).join(',')}]`
  return fields ? `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}` : leaf
}
