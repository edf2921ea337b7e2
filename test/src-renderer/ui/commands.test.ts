import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { runCommand, useCommand } from '../../../src-renderer/ui/commands.ts'
import { commandOf, SHORTCUTS } from '../../../src-renderer/ui/shortcuts.ts'

const answering = (handler: () => void) =>
  mount({
    setup: () => {
      useCommand('find', handler)
      return () => null
    },
  })

describe('commands', () => {
  it('are answered by who came last, and by the one before once that has gone', () => {
    const [first, second] = [vi.fn(), vi.fn()]
    expect(runCommand('find')).toBe(false)
    const under = answering(first)
    const over = answering(second)
    expect(runCommand('find')).toBe(true)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1])
    over.unmount()
    runCommand('find')
    expect(first).toHaveBeenCalledOnce()
    under.unmount()
    expect(runCommand('find')).toBe(false)
  })
})

/** A key pressed on an element, as its listeners see it. */
function pressed(key: string, options: KeyboardEventInit = {}, on: Element = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options })
  on.dispatchEvent(event)
  return event
}

describe('keys', () => {
  it.each(SHORTCUTS)('$key asks for $command', ({ command, key, control }) => {
    expect(commandOf(pressed(key, { ctrlKey: control }), false)).toBe(command)
    expect(commandOf(pressed(key, { metaKey: control }), true)).toBe(command)
    if (control) expect(commandOf(pressed(key), false)).toBeNull()
  })

  it('leave a typist alone, but not one who holds Ctrl', () => {
    document.body.innerHTML = '<input id="i" /><div role="dialog"><button id="b"></button></div>'
    const [input, button] = [document.querySelector('#i'), document.querySelector('#b')]
    if (!input || !button) throw new Error('no page')
    expect(commandOf(pressed('?', {}, input), false)).toBeNull()
    expect(commandOf(pressed('Escape', {}, button), false)).toBeNull()
    expect(commandOf(pressed('n', { ctrlKey: true }, input), false)).toBe('new-run')
  })

  it('with other keys held are other keys', () => {
    expect(commandOf(pressed('n', { ctrlKey: true, altKey: true }), false)).toBeNull()
    expect(commandOf(pressed('n', { ctrlKey: true, metaKey: true }), false)).toBeNull()
    expect(commandOf(pressed('?', { isComposing: true }), false)).toBeNull()
    const handled = pressed('Escape')
    handled.preventDefault()
    expect(commandOf(handled, false)).toBeNull()
  })
})
