// Draws the charts of the page. Inlined into it; uPlot comes before it.
/** @typedef {import('./chart.ts').Chart} Chart */

const { uPlot } = /** @type {{ uPlot: any }} */ (/** @type {unknown} */ (globalThis))
const block = document.getElementById('charts')
/** @type {Record<string, Chart>} */
const charts = JSON.parse(block?.textContent ?? '{}')
const dark = matchMedia('(prefers-color-scheme: dark)')
const HEIGHT = 190
/** Nobody holds half a socket. */
const wholeSteps = [1, 2, 5]
  .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7].map((power) => n * 10 ** power))
  .sort((a, b) => a - b)

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

const sizes = ['B', 'kB', 'MB', 'GB']
/** @param {Chart['unit']} unit @param {number | null} value */
const shown = (unit, value) => {
  if (value == null) return '–'
  if (unit === 'count') return value.toLocaleString('en', { maximumFractionDigits: 2 })
  const power = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)))
  return `${(value / 1024 ** power).toLocaleString('en', { maximumFractionDigits: 2 })} ${sizes[power]}`
}

/** Shades what the judge leaves out. @param {number} to */
const warmUp = (to) => (/** @type {any} */ plot) => {
  const { ctx, bbox } = plot
  const right = plot.valToPos(to, 'x', true)
  ctx.save()
  ctx.fillStyle = colour('shade')
  ctx.fillRect(bbox.left, bbox.top, Math.max(0, Math.min(right, bbox.left + bbox.width) - bbox.left), bbox.height)
  ctx.restore()
}

/** @param {HTMLElement} figure @param {Chart} chart */
function draw(figure, chart) {
  const { unit, checkpoints, floor, timeline, budget, drained, warmUpTo } = chart
  const parts = [timeline, budget, floor, checkpoints, drained]
  const data = uPlot.join(parts.map(({ x, y }) => [x, y]))
  const value = (/** @type {unknown} */ _, /** @type {number | null} */ v) => shown(unit, v)
  const axis = {
    stroke: colour('dim'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  }
  const line = { spanGaps: true, points: { show: false }, value }
  return new uPlot(
    {
      width: figure.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: false },
        y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => range(low, high) },
      },
      series: [
        { label: 'cycle', value: (/** @type {unknown} */ _, /** @type {number | null} */ v) => shown('count', v) },
        { ...line, label: 'timeline', stroke: colour('faint'), width: 1, show: timeline.x.length > 0 },
        { ...line, label: 'budget', stroke: colour('good'), width: 1, dash: [6, 4], show: budget.x.length > 0 },
        { ...line, label: 'floor', stroke: colour('bad'), width: 1.5 },
        {
          ...line,
          label: 'checkpoint',
          stroke: colour('ink'),
          width: 0,
          paths: () => null,
          // Where they are dense they would hide the floor below them.
          points: { show: true, size: checkpoints.x.length > 120 ? 2 : 4, fill: colour('ink') },
        },
        {
          ...line,
          label: 'after drain',
          stroke: colour('bad'),
          width: 0,
          paths: () => null,
          points: { show: true, size: 8 },
          show: drained.x.length > 0,
        },
      ],
      axes: [
        { ...axis, values: (/** @type {unknown} */ _, /** @type {number[]} */ vs) => vs.map((v) => shown('count', v)) },
        {
          ...axis,
          size: 64,
          ...(unit === 'count' ? { incrs: wholeSteps } : {}),
          values: (/** @type {unknown} */ _, /** @type {number[]} */ vs) => vs.map((v) => shown(unit, v)),
        },
      ],
      legend: { live: true },
      hooks: { drawClear: [warmUp(warmUpTo)] },
    },
    data,
    figure,
  )
}

/** A flat line sits in the middle of its chart, not on an edge. @param {number} low @param {number} high */
function range(low, high) {
  const room = high === low ? Math.max(1, Math.abs(high) * 0.1) : (high - low) * 0.08
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room]
}

/** @type {any[]} */
let plots = []
function drawAll() {
  for (const plot of plots) plot.destroy()
  plots = [...document.querySelectorAll('[data-chart]')].map((element) => {
    const figure = /** @type {HTMLElement} */ (element)
    return draw(figure, /** @type {Chart} */ (charts[figure.dataset.chart ?? '']))
  })
}
drawAll()
dark.addEventListener('change', drawAll)
addEventListener('resize', () => {
  for (const plot of plots) plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT })
})
