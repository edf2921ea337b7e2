import { expect, test, vi } from 'vitest'
import { engineEnvironment } from '../../../src-main/hosts/electron/engine-environment.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { programFolder } = await import('../../../src-main/hosts/electron/data-folder.ts')

const place = {
  platform: 'linux' as NodeJS.Platform,
  environment: {},
  executable: '/opt/Whittle/whittle',
  isPackaged: true,
  root: '/opt/Whittle/resources/app.asar',
}
test.each([
  [{}, '/opt/Whittle'],
  [{ isPackaged: false, root: '/src' }, '/src'],
  [{ environment: { APPIMAGE: '/home/u/apps/Whittle.AppImage' }, executable: '/tmp/.mount_x/whittle' }, '/home/u/apps'],
  [{ platform: 'win32', environment: { PORTABLE_EXECUTABLE_DIR: 'D:\\stick' } }, 'D:\\stick'],
  [{ platform: 'darwin', executable: '/Volumes/stick/Whittle.app/Contents/MacOS/Whittle' }, '/Volumes/stick'],
] as const)('a program with %j is seen in %s', (some, expected) => expect(programFolder({ ...place, ...some })).toBe(expected))

test('an engine hears nothing of the environment that it does not need', () => {
  const told = engineEnvironment({
    PATH: '/bin',
    Path: 'x',
    HOME: '/h',
    AWS_SECRET_ACCESS_KEY: 's',
    GITHUB_TOKEN: 't',
    NODE_OPTIONS: '--inspect',
    ELECTRON_RUN_AS_NODE: '1',
    CUDA_VISIBLE_DEVICES: '0',
    LC_ALL: 'C',
    LD_PRELOAD: '/evil.so',
  })
  expect(Object.keys(told).sort()).toEqual(['CUDA_VISIBLE_DEVICES', 'HOME', 'LC_ALL', 'PATH', 'Path'])
})
