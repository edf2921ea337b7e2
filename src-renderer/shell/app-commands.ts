import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import type { AppCommand } from '../../src-main/contract/wire.ts'
import type { Settings } from '../../src-main/contract/settings.ts'
import { pageOf } from '../ui/page-of.ts'
import { useDraft } from '../stores/draft.ts'
import { useRuns } from '../stores/runs.ts'
import { useSettings } from '../stores/settings.ts'
import { runCommand, useCommand } from '../ui/commands.ts'
import { commandOf } from '../ui/shortcuts.ts'

/**
 * Answers keys and the native menu wherever no page knows better. `shortcutsOpen` is whether the list of keys is shown, `recovered` whether
 * the page failed and was loaded again.
 */
export function useAppCommands(): { shortcutsOpen: Ref<boolean>; recovered: Ref<boolean> } {
  const router = useRouter()
  const draft = useDraft()
  const runs = useRuns()
  const settings = useSettings()
  const shortcutsOpen = ref(false)
  const recovered = ref(false)
  const go = (name: string) => () => void router.push({ name })
  const theme = (chosen: Settings['theme']) => () => void settings.change({ theme: chosen })
  const openModel = (path?: string): void => {
    draft.reset()
    void router.push({ name: 'model', query: path === undefined ? {} : { path } })
  }
  const toRun = (): void => {
    if (runs.active) void router.push(pageOf(runs.active))
  }

  useCommand('new-run', () => openModel())
  useCommand('open-model', () => openModel())
  for (const name of ['settings', 'history', 'compare'] as const) useCommand(name, go(name))
  useCommand('about', () => void router.push({ name: 'settings', hash: '#about' }))
  useCommand('shortcuts', () => {
    shortcutsOpen.value = true
  })
  useCommand('pause', toRun)
  useCommand('cancel', toRun)
  for (const chosen of ['system', 'light', 'dark'] as const) useCommand(`theme-${chosen}`, theme(chosen))
  useCommand('export', () => {
    const { runId } = router.currentRoute.value.params
    if (typeof runId === 'string') void router.push({ name: 'export', params: { runId } })
  })
  useCommand('back', () => {
    if (router.currentRoute.value.name !== 'home') router.back()
  })

  const press = (event: KeyboardEvent): void => {
    const command = commandOf(event)
    if (command !== null && runCommand(command)) event.preventDefault()
  }
  const hear = (command: AppCommand): void => {
    if (command.name === 'open-path') openModel(command.path)
    else if (command.name === 'page-recovered') recovered.value = true
    else runCommand(command.name)
  }
  let deaf: (() => void) | undefined
  onMounted(() => {
    window.addEventListener('keydown', press)
    deaf = window.whittle?.onCommand?.(hear)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', press)
    deaf?.()
  })
  return { shortcutsOpen, recovered }
}
