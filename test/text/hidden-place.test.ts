import path from 'node:path'
import { expect, test } from 'vitest'
import { isHiddenPlace } from '../../src-main/text/hidden-place.ts'

test.each([
  ['/home/me/texts/a.txt', false], ['/home/me/.ssh/id_ed25519', true], ['/home/me/.netrc', true], ['/home/me/project/.env', true], ['/home/me/a..b/c', false], ['/home/me/x/../y', false],
])('%s', (file, hidden) => expect(isHiddenPlace(file, path.posix)).toBe(hidden))

test.each([
  ['C:\\texts\\a.txt', false], ['C:\\Users\\me\\AppData\\Roaming\\x\\Login Data', true], ['C:\\Users\\me\\.ssh\\id', true],
])('%s', (file, hidden) => expect(isHiddenPlace(file, path.win32)).toBe(hidden))
