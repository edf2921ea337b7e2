import { ExpectedError } from '../contract/errors.ts'
import { readModelFileStart } from '../formats/model-file.ts'

/** Enough for any front matter and for the title of any license. */
const HEAD_BYTES = 65_536

/** Titles of license texts and Hugging Face's names for them. */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [/Apache License/i, 'apache-2.0'],
  [/\bMIT License/i, 'mit'],
  [/BSD 3-Clause/i, 'bsd-3-clause'],
  [/GNU AFFERO GENERAL PUBLIC LICENSE/i, 'agpl-3.0'],
  [/GNU GENERAL PUBLIC LICENSE/i, 'gpl-3.0'],
]

/**
 * The license a model folder states: `license:` of the README's front matter, or a LICENSE file's title ('other' when unknown), or null.
 */
export async function readLicense(folder: string): Promise<string | null> {
  const stated = licenseOfFrontMatter(await readHead(folder, 'README.md'))
  if (stated !== null) return stated
  for (const name of ['LICENSE', 'LICENSE.txt', 'LICENSE.md']) {
    const text = await readHead(folder, name)
    if (text !== '') return TITLES.find(([title]) => title.test(text))?.[1] ?? 'other'
  }
  return null
}

function licenseOfFrontMatter(readme: string): string | null {
  const block = /^---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1] ?? ''
  return /^license:[ \t]*["']?([\w.+-]{1,64})["']?[ \t]*\r?$/m.exec(block)?.[1] ?? null
}

async function readHead(folder: string, name: string): Promise<string> {
  const start = await readModelFileStart(
    folder,
    name,
    HEAD_BYTES,
    (because) => new ExpectedError('config-invalid', { folder, file: name, ...because }),
  )
  return start === null ? '' : new TextDecoder().decode(start)
}
