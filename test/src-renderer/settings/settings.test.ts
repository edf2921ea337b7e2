import { readFileSync } from 'node:fs'
import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRouter, createWebHashHistory } from 'vue-router'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { DEFAULT_SETTINGS } from '../../../src-main/contract/settings.ts'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import { language } from '../../../src-renderer/locales/i18n.ts'
import { BUILT_ON } from '../../../src-renderer/settings/built-on.ts'
import SettingsPage from '../../../src-renderer/settings/SettingsPage.vue'
import { updateWords } from '../../../src-renderer/settings/update-words.ts'
import { useMachine } from '../../../src-renderer/stores/machine.ts'
import { useSettings } from '../../../src-renderer/stores/settings.ts'
import { speak } from '../../../src-renderer/words/sayings.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

const root = document.documentElement
let service: FakeService

beforeEach(() => {
  localStorage.clear()
  service = createFakeService({ pace: 1 })
})
afterEach(async () => {
  root.removeAttribute('style')
  delete root.dataset['theme']
  await speak('en')
})

describe('the store of settings', () => {
  it('starts with what this page last knew, before anybody answers', () => {
    localStorage.setItem('whittle.settings', JSON.stringify({ ...DEFAULT_SETTINGS, theme: 'dark', textSize: 150 }))
    piniaOver(service)
    expect(useSettings().all.theme).toBe('dark')
    expect([root.dataset['theme'], root.style.fontSize]).toEqual(['dark', '150%'])
  })

  it('starts with the defaults where the kept copy is damaged', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    localStorage.setItem('whittle.settings', '{"textSize": "huge"}')
    piniaOver(service)
    expect(useSettings().all).toEqual(DEFAULT_SETTINGS)
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  it('reads them, keeps a copy, and changes at once', async () => {
    piniaOver(service)
    const settings = useSettings()
    await settings.load()
    expect(settings.all.modelFolders).toEqual(['/home/me/models', '/mnt/big/language-models'])
    expect(await settings.change({ theme: 'light', textSize: 120 })).toBeNull()
    expect([root.dataset['theme'], root.style.fontSize, root.style.colorScheme]).toEqual(['light', '120%', 'light'])
    expect(JSON.parse(localStorage.getItem('whittle.settings') ?? '')).toMatchObject({ theme: 'light', textSize: 120 })
    expect(await settings.change({ theme: 'system', textSize: 100 })).toBeNull()
    expect([root.dataset['theme'], root.style.fontSize, root.style.colorScheme]).toEqual([undefined, '', ''])
  })

  it('takes a refused change back and says why', async () => {
    piniaOver(service)
    const settings = useSettings()
    await settings.load()
    service.failNext('settings.set', new ExpectedError('settings-invalid', { reason: 'file-not-writable', path: '/d/settings.json' }))
    const failure = await settings.change({ theme: 'dark' })
    expect(failure?.code).toBe('settings-invalid')
    expect(settings.all.theme).toBe('system')
    expect(root.dataset['theme']).toBeUndefined()
  })

  it('speaks the language that is chosen', async () => {
    piniaOver(service)
    const settings = useSettings()
    await settings.change({ language: 'de' })
    await vi.waitFor(() => expect(language()).toBe('de'))
    await settings.change({ language: null })
    await vi.waitFor(() => expect(language()).toBe('en'))
  })
})

async function openPage(): Promise<VueWrapper> {
  const pinia = piniaOver(service)
  await Promise.all([useMachine().load(), useSettings().load()])
  const router = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', component: SettingsPage },
      { path: '/c', name: 'calibrations', component: SettingsPage },
    ],
  })
  return mount(SettingsPage, {
    global: { plugins: [pinia, router], provide: { [API_KEY as symbol]: createApi(service) } },
    attachTo: document.body,
  })
}

describe('the settings page', () => {
  it('keeps a switch at once, and says so once', async () => {
    const page = await openPage()
    const low = page.findAll('[role=switch]')[0]
    await low?.setValue(true)
    await vi.waitFor(() => expect(page.get('[role=status]').text()).toBe('Saved'))
    expect(useSettings().all.lowPriority).toBe(true)
    page.unmount()
  })

  it('says beside the field why a folder is refused, and keeps what was typed', async () => {
    const page = await openPage()
    const form = page.get('#folders form')
    await form.get('input').setValue('"/home/me/nowhere"')
    await form.trigger('submit')
    await vi.waitFor(() => expect(page.get('#folders [role=alert]').text()).toContain('There is no such folder: /home/me/nowhere.'))
    expect(form.get('input').attributes('aria-invalid')).toBe('true')
    expect(form.get('input').element.value).toContain('nowhere')
    await form.get('input').setValue('/srv/models')
    await form.trigger('submit')
    await vi.waitFor(() => expect(useSettings().all.modelFolders).toContain('/srv/models'))
    await vi.waitFor(() => expect(page.get('#folders [role=alert]').text()).toBe(''))
    expect(form.get('input').element.value).toBe('')
    page.unmount()
  })

  it('asks nobody for a newer version until somebody chose', async () => {
    const called = vi.spyOn(service, 'call')
    const page = await openPage()
    expect(called.mock.calls.map(([name]) => name)).not.toContain('update.check')
    await page.get('#updates [role=radio][value=notify]').trigger('click')
    await vi.waitFor(() => expect(page.get('#updates').text()).toContain('Version 0.2.0 is there.'))
    expect(called.mock.calls.map(([name]) => name)).toContain('update.check')
    page.unmount()
  })

  it('shows the diagnostics before they can be copied', async () => {
    const page = await openPage()
    const section = page.get('#diagnostics')
    expect(section.text()).not.toContain('Copy')
    await section.get('button').trigger('click')
    await vi.waitFor(() => expect(section.get('pre').text()).toContain('Whittle 0.1.0'))
    expect(section.text()).toContain('Copy')
    page.unmount()
  })

  it('names why a device is not there', async () => {
    const page = await openPage()
    await vi.waitFor(() => expect(page.get('#device').text()).toContain('cudart64_12 is missing'))
    expect(page.get('#device [role=radio][value=cuda]').attributes('disabled')).toBeDefined()
    page.unmount()
  })
})

describe('words of the settings', () => {
  it('ends a reason once', () => {
    const state = { version: null, notes: null }
    expect(updateWords({ ...state, state: 'failed', reason: 'no answer.' })).toBe('Looking for a newer version failed: no answer.')
    expect(updateWords({ ...state, state: 'unsupported', reason: null })).toBe("This copy of Whittle can't update itself.")
  })

  it.each(BUILT_ON)('$name is under the $license license', ({ name, license }) => {
    expect(JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).license).toBe(license)
  })
})
