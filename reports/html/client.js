// Draws the charts of the page. Inlined into it; uPlot comes before it.
/** @typedef {import('./chart.ts').Chart} Chart */
/** @typedef {import('./chart.ts').Series} Series */

const { uPlot } = /** @type {{ uPlot: any }} */ (/** @type {unknown} */ (globalThis))
/** @type {Record<string, Chart>} */
const charts = JSON.parse(document.getElementById('charts')?.textContent ?? '{}')
const HEIGHT = 190
/** In the place of the values under the pointer. */
const HINT = '\u00a0'
/** Nobody holds half a socket. */
const wholeSteps = [1, 2, 5]
  .flatMap((n) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((power) => n * 10 ** power))
  .sort((a, b) => a - b)

/** 1 kB is 1,024 bytes. */
const byteSteps = Array.from({ length: 50 }, (_, power) => 2 ** power)

const probe = document.body.appendChild(document.createElement('i'))
probe.hidden = true
/** @param {string} name */
const colour = (name) => {
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB']
/** @param {Chart['unit']} unit @param {number | null | undefined} value */
const shown = (unit, value) => {
  if (value == null) return '–'
  if (unit === 'count')
    return value.toLocaleString(
      'en',
      Number.isInteger(value) ? {} : { maximumSignificantDigits: Math.abs(value) < 100 ? 3 : 6 },
    )
  const power = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)))
  return `${(value / 1024 ** power).toLocaleString('en', { maximumSignificantDigits: 5 })} ${sizes[power]}`
}
/** @param {number | null | undefined} seconds */
const clock = (seconds) => {
  if (seconds == null) return '–'
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (h > 0) return `${h} h ${m} min`
  return m > 0 ? `${m} min ${Math.round(s)} s` : `${Number(s.toFixed(1))} s`
}

/** What the page's switches say. */
const choice = { axis: 'cycles', hidden: /** @type {Set<string>} */ (new Set()) }
/** @param {Chart} chart */
const inTime = ({ labels, timed }) => (choice.axis === 'time' || timed === true) && !labels

/** Shades what the judge leaves out, and where faults were, and marks what happened. @param {Chart} chart */
const backdrop = (chart) => (/** @type {any} */ plot) => {
  const { ctx, bbox } = plot
  const at = (/** @type {{ x: number, t: number }} */ { x, t }) => plot.valToPos(inTime(chart) ? t : x, 'x', true)
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  if (chart.shade) {
    ctx.fillStyle = colour('shade')
    ctx.fillRect(bbox.left, bbox.top, Math.max(0, at(chart.shade) - bbox.left), bbox.height)
  }
  const scale = devicePixelRatio
  ctx.fillStyle = colour('fault')
  for (const { from, to } of chart.faults ?? [])
    ctx.fillRect(at(from), bbox.top, Math.max(2 * scale, at(to) - at(from)), bbox.height)
  ctx.font = `${10 * scale}px system-ui, sans-serif`
  ctx.textBaseline = 'top'
  let clear = -Infinity
  for (const mark of chart.marks) {
    const left = at(mark)
    ctx.strokeStyle = colour('mark')
    ctx.setLineDash([2 * scale, 3 * scale])
    ctx.beginPath()
    ctx.moveTo(left, bbox.top)
    ctx.lineTo(left, bbox.top + bbox.height)
    ctx.stroke()
    if (left < bbox.left || left > bbox.left + bbox.width) continue
    const width = ctx.measureText(mark.text).width
    const begin = left + width + 6 * scale > bbox.left + bbox.width ? left - width - 3 * scale : left + 3 * scale
    if (begin < clear) continue
    ctx.fillStyle = colour('dim')
    ctx.fillText(mark.text, begin, bbox.top + 2 * scale)
    clear = begin + width + 6 * scale
  }
  ctx.restore()
}

const looks = {
  line: { width: 1.5 },
  dashed: { width: 1, dash: [6, 4] },
  faint: { width: 1 },
  low: { width: 0 },
  high: { width: 0 },
  points: { width: 0, paths: () => null },
  large: { width: 0, paths: () => null },
}

/** @param {Series} series */
function drawn({ label, look, colour: name, y }) {
  const ink = colour(name)
  // Where points are dense they would hide the line below them.
  const size = look === 'large' ? 8 : y.length > 120 ? 2 : 4
  const points = look === 'points' || look === 'large' ? { show: true, size, fill: ink } : { show: false }
  return {
    label,
    stroke: ink,
    spanGaps: true,
    ...looks[look],
    points,
    show: !choice.hidden.has(label),
  }
}

/** @param {HTMLElement} box @param {Chart} chart */
function draw(box, chart) {
  const { unit, series, labels, fine } = chart
  const time = inTime(chart)
  const data = uPlot.join(series.map(({ x, t, y }) => [time ? t : x, y]))
  const where = (/** @type {number | null | undefined} */ v) =>
    labels ? (v == null ? '–' : (labels[v]?.long ?? '')) : time ? clock(v) : shown('count', v)
  const axis = {
    stroke: colour('dim'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  const band = (/** @type {Series['look']} */ look) => series.findIndex((one) => one.look === look) + 1
  const bands =
    band('high') > 0 && !choice.hidden.has('trend')
      ? [{ series: [band('high'), band('low')], fill: colour('band') }]
      : []
  const whole = unit === 'count' && !labels && !fine
  const readout = document.createElement('p')
  readout.className = 'u-legend'
  readout.textContent = HINT
  /** The last value of each series up to the pointer. @param {any} plot */
  const tell = ({ cursor: { idx } }) => {
    if (idx == null) return
    const here = data[0][idx]
    const lastOf = (/** @type {number} */ i) => valueAt(/** @type {Series} */ (series[i]), time, here)
    const told = series.flatMap(({ label, look }, i) => {
      const value = look === 'low' || look === 'high' || choice.hidden.has(label) ? null : lastOf(i)
      return value === null ? [] : [`${label} ${shown(unit, value)}`]
    })
    const what = labels ? 'run' : time ? 'time' : 'cycle'
    readout.textContent = [`${what} ${where(data[0][idx])}`, ...told].join(' · ')
  }
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      scales: {
        x: { time: false },
        y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => range(low, high) },
      },
      series: [{}, ...series.map(drawn)],
      bands,
      axes: [
        {
          ...axis,
          size: 30,
          space: labels ? 70 : 60,
          ...(labels ? { incrs: wholeSteps } : {}),
          values: (/** @type {unknown} */ _, /** @type {number[]} */ vs) =>
            vs.map((v) => (labels ? (labels[v]?.short ?? '') : where(v))),
        },
        {
          ...axis,
          size: 64,
          ...(unit === 'bytes' ? { incrs: byteSteps } : whole ? { incrs: wholeSteps } : {}),
          values: (/** @type {unknown} */ _, /** @type {number[]} */ vs) => vs.map((v) => shown(unit, v)),
        },
      ],
      legend: { show: false },
      hooks: { drawClear: [backdrop(chart)], setCursor: [tell] },
    },
    data,
    box,
  )
  box.append(readout)
  return plot
}

/** Of points the last one, of a line what lies between two; nothing beyond its ends. @param {Series} series @param {boolean} time @param {number} at */
function valueAt({ look, x, t, y }, time, at) {
  const along = time ? t : x
  const next = along.findIndex((one) => one >= at)
  if (next === -1 || (next === 0 && along[0] !== at)) return null
  const [to, after] = [/** @type {number} */ (along[next]), /** @type {number} */ (y[next])]
  if (to === at) return after
  const [from, before] = [/** @type {number} */ (along[next - 1]), /** @type {number} */ (y[next - 1])]
  return look === 'points' || look === 'large' ? before : before + ((after - before) * (at - from)) / (to - from)
}

/** A flat line sits in the middle of its chart, not on an edge. @param {number} low @param {number} high */
function range(low, high) {
  if (low == null || high == null) return [0, 1]
  const room = high === low ? Math.max(1, Math.abs(high) * 0.1) : (high - low) * 0.08
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room]
}

/** What is on the screen, or was, is drawn; the rest waits until it comes there. @type {Map<HTMLElement, any>} */
const plots = new Map()
const boxes = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-chart]')])
/** @param {HTMLElement} box */
function drawOnce(box) {
  const chart = charts[box.dataset.chart ?? '']
  if (chart && !plots.has(box)) plots.set(box, draw(box, chart))
}
function redraw() {
  for (const [box, plot] of [...plots]) {
    plot.destroy()
    box.replaceChildren()
    plots.delete(box)
    drawOnce(box)
  }
}
const watch = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) drawOnce(/** @type {HTMLElement} */ (target))
  },
  { rootMargin: '300px' },
)
for (const box of boxes) watch.observe(box)

document.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return
  const { series, axis } = target.dataset
  if (series !== undefined) choice.hidden[target.checked ? 'delete' : 'add'](series)
  if (axis !== undefined) choice.axis = axis
  // The same switch stands above the charts of every run.
  for (const input of /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll('input[data-series],input[data-axis]')
  )) {
    if (input.dataset.series !== undefined) input.checked = !choice.hidden.has(input.dataset.series)
    if (input.dataset.axis !== undefined) input.checked = choice.axis === input.dataset.axis
  }
  redraw()
})
/** A step of the pointer, and of the zoom, as shares of what is seen. */
const [STEP, CLOSER] = [0.02, 0.6]
document.addEventListener('keydown', (event) => {
  const plot = plots.get(/** @type {HTMLElement} */ (event.target))
  if (!plot || event.ctrlKey || event.metaKey || event.altKey) return
  const { min, max } = plot.scales.x
  const at = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, 'x') : (min + max) / 2
  const move = (/** @type {number} */ x) =>
    plot.setCursor({ left: plot.valToPos(Math.min(max, Math.max(min, x)), 'x'), top: plot.over.clientHeight / 2 })
  const zoom = (/** @type {number} */ by) => {
    const x = plot.data[0]
    plot.setScale('x', { min: Math.max(x[0], at - (at - min) * by), max: Math.min(x.at(-1), at + (max - at) * by) })
  }
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => move(at - STEP * (max - min)),
    ArrowRight: () => move(at + STEP * (max - min)),
    '+': () => zoom(CLOSER),
    '-': () => zoom(1 / CLOSER),
    '−': () => zoom(1 / CLOSER),
  }
  const act = keys[event.key]
  if (!act) return
  plot.root.parentElement.querySelector('.u-legend').setAttribute('aria-live', 'polite')
  act()
  event.preventDefault()
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
addEventListener('resize', () => {
  for (const [box, plot] of plots) plot.setSize({ width: box.clientWidth, height: HEIGHT })
})
/** Paper is white, and every chart is on it. @param {boolean} printing */
const forPaper = (printing) => {
  document.documentElement.classList.toggle('paper', printing)
  for (const box of boxes) drawOnce(box)
  redraw()
}
addEventListener('beforeprint', () => forPaper(true))
addEventListener('afterprint', () => forPaper(false))
