import { CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer, SVGRenderer } from 'echarts/renderers'
import type { ChartOption } from './pareto-option.ts'

// Only what is drawn: the rest of the library stays out of the page.
use([ScatterChart, LineChart, CustomChart, GridComponent, TitleComponent, CanvasRenderer, SVGRenderer])

/** A chart as SVG text, without a page: for files that stand alone. */
export function chartToSvg(option: ChartOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption(option)
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

/** A chart as a picture, twice as fine as it is large. */
export async function chartToPng(option: ChartOption, width: number, height: number): Promise<Blob> {
  const chart = init(document.createElement('div'), null, { renderer: 'canvas', width, height, devicePixelRatio: 2 })
  try {
    chart.setOption(option)
    const canvas = chart.renderToCanvas({ pixelRatio: 2 })
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) resolve(blob)
        else reject(new Error('The picture could not be made'))
      }, 'image/png')
    })
  } finally {
    chart.dispose()
  }
}
