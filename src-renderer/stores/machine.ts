import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { AppInfo, DeviceProfile, MethodCard } from '../../src-main/contract/calls.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

/** This machine and this copy of Whittle: what it can do, and whether it can be reached. */
export const useMachine = defineStore('machine', () => {
  const api = useApi()
  const info = shallowRef<AppInfo | null>(null)
  const methods = shallowRef<readonly MethodCard[]>([])
  const devices = shallowRef<readonly DeviceProfile[] | null>(null)
  const failure = ref<ErrorShape | null>(null)
  /** Null until the first answer. */
  const connected = ref<boolean | null>(null)

  async function load(): Promise<void> {
    try {
      const [appInfo, methodList] = await Promise.all([api.call('app.info', {}), api.call('method.list', {})])
      info.value = appInfo
      methods.value = methodList
      failure.value = null
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  /** Probing devices takes a moment, so it waits until somebody asks. */
  async function loadDevices(): Promise<void> {
    if (devices.value) return
    try {
      devices.value = await api.call('device.list', {})
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  return { info, methods, devices, failure, connected, load, loadDevices }
})
