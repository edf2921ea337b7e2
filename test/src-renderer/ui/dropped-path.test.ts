import { describe, expect, it } from 'vitest'
import { droppedPath, type DropData } from '../../../src-renderer/ui/dropped-path.ts'

const drop = (texts: Record<string, string>, files: File[] = []): DropData => ({ files, getData: (type) => texts[type] ?? '' })
const never = () => null

describe('a drop', () => {
  it('takes the path from the host where it can tell', () => {
    expect(droppedPath(drop({}, [new File([], 'm')]), () => '/models/m')).toEqual({ kind: 'path', path: '/models/m' })
  })

  it('takes any file of a model for its folder', () => {
    expect(droppedPath(drop({}, [new File([], 'x')]), () => 'C:\\models\\m\\model-00001-of-00002.safetensors')).toEqual({
      kind: 'path',
      path: 'C:\\models\\m',
    })
  })

  it.each([
    ['text/uri-list', 'file:///home/me/a%20b', '/home/me/a b'],
    ['text/uri-list', 'file:///C:/models/m', 'C:/models/m'],
    ['text/plain', '/models/m/config.json', '/models/m'],
  ])('reads %s %s', (type, text, path) => {
    expect(droppedPath(drop({ [type]: text }), never)).toEqual({ kind: 'path', path })
  })

  it('says so when a page cannot know', () => {
    expect(droppedPath(drop({ 'text/plain': 'hello' }, [new File([], 'm')]), never)).toEqual({ kind: 'unknown' })
  })
})
