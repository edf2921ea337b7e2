import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'

const SPARE_ROWS = 8

/** Which rows of a long list are worth drawing: those in sight and a few around them. Row heights are equal, in pixels. */
export function visibleRows(rows: number, rowHeight: number, scrollTop: number, height: number): { first: number; last: number } {
  const first = Math.max(0, Math.min(rows, Math.floor(scrollTop / rowHeight)) - SPARE_ROWS)
  const last = Math.min(rows, Math.ceil((scrollTop + height) / rowHeight) + SPARE_ROWS)
  return { first, last }
}

/** Follows a scrolling box: the range of rows to draw, and the empty heights above and below. */
export function useVirtualRows(box: Readonly<Ref<HTMLElement | null>>, rows: Ref<number>, rowHeight: number) {
  const scrollTop = ref(0)
  const height = ref(480)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) height.value = entry.contentRect.height
  })
  const note = (): void => {
    scrollTop.value = box.value?.scrollTop ?? 0
  }

  watch(
    box,
    (element, before) => {
      if (before) {
        observer.unobserve(before)
        before.removeEventListener('scroll', note)
      }
      element?.addEventListener('scroll', note, { passive: true })
      if (element) observer.observe(element)
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => observer.disconnect())

  const range = computed(() => visibleRows(rows.value, rowHeight, scrollTop.value, height.value))
  return { range, above: computed(() => range.value.first * rowHeight), below: computed(() => (rows.value - range.value.last) * rowHeight) }
}
