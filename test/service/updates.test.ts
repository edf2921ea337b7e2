import { expect, test, vi } from 'vitest'
import type { UpdateState } from '../../src-main/contract/calls.ts'
import type { ServiceDependencies } from '../../src-main/service/dependencies.ts'
import { updateCheck } from '../../src-main/service/update-check.ts'
import { updateInstall } from '../../src-main/service/update-install.ts'

type Host = ServiceDependencies['host']
const on = (host: Pick<Host, 'updates'>) =>
  ({ host: { kind: 'web', missing: [], pickFolder: null, reveal: null, ...host } }) as unknown as ServiceDependencies // nothing else is asked for

test('a host that cannot replace itself says so', async () => {
  const cannot = { state: 'unsupported', version: null, notes: null, reason: null }
  for (const updates of [null, undefined]) {
    expect(await updateCheck(on(updates === undefined ? {} : { updates }))).toEqual(cannot)
    expect(await updateInstall(on(updates === undefined ? {} : { updates }))).toEqual(cannot)
  }
})

test('a host that can is asked', async () => {
  const known: UpdateState = { state: 'available', version: '2.0.0', notes: null, reason: null }
  const updates = { check: vi.fn(async () => known), install: vi.fn(async () => known) }
  expect(await updateCheck(on({ updates }))).toBe(known)
  expect(updates.install).not.toHaveBeenCalled()
  expect(await updateInstall(on({ updates }))).toBe(known)
})
