import type { LayerCapture } from './capture.ts'
import type { LayerObserver } from './observer.ts'

/** How a layer is run. */
export interface LayerOptions {
  readonly observer?: LayerObserver | undefined
  /** Shows the inputs of the layer's matrices. */
  readonly capture?: LayerCapture | undefined
  /** Checked between runs; the layer then stops with the signal's reason and the stream must be thrown away. */
  readonly signal?: AbortSignal | undefined
  /** `share` of the layer's arithmetic that is done, 0..1, rising. */
  readonly onProgress?: ((share: number, activity: 'attention' | 'experts') => void) | undefined
}
