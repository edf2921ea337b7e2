import { expect, test } from 'vitest'
import { windowObstacle } from '../../../src-main/hosts/setup/window-obstacle.mjs'

const linux = (
  env: NodeJS.ProcessEnv,
  { user = 1000, args = [] as string[], there = ['/tmp/.X11-unix/X0', '/run/user/1/wayland-0'] } = {},
) => windowObstacle(args, { platform: 'linux', env, user, exists: (path) => there.includes(path) })

test.each([
  ['a screen', { DISPLAY: ':0' }],
  ['a second screen of it', { DISPLAY: ':0.1' }],
  ['a screen elsewhere', { DISPLAY: 'desk:10.0' }],
  ['Wayland', { WAYLAND_DISPLAY: 'wayland-0', XDG_RUNTIME_DIR: '/run/user/1' }],
  ['Wayland by its path', { WAYLAND_DISPLAY: '/run/user/1/wayland-0' }],
])('with %s a window can be tried', (_, env) => expect(linux(env)).toBeNull())

test.each([
  [{}, 'There is no display here'],
  [{ DISPLAY: ':7' }, 'The display :7 is not there'],
  [{ WAYLAND_DISPLAY: 'wayland-9', XDG_RUNTIME_DIR: '/run/user/1' }, 'The display wayland-9 is not there'],
])('%j: %s', (env, words) => expect(linux(env)).toBe(words))

test('root is told what to do, and obeyed', () => {
  expect(linux({ DISPLAY: ':0' }, { user: 0 })).toContain('npm start -- --no-sandbox')
  expect(linux({ DISPLAY: ':0' }, { user: 0, args: ['--no-sandbox'] })).toBeNull()
})

test('other systems always have a screen', () => {
  for (const platform of ['darwin', 'win32'] as const)
    expect(windowObstacle([], { platform, env: {}, user: 0, exists: () => false })).toBeNull()
})
