/** Figures on logarithmic axes: the straight line nearest to them, and a picture as SVG. */

export type Point = readonly [x: number, y: number]

/** y = e^intercept * x^slope. */
export interface Fit {
  slope: number
  intercept: number
}

export interface Series {
  name: string
  points: readonly Point[]
}

/** Series of one unit, in axes of their own. */
export interface Panel {
  unit: string
  series: readonly Series[]
}

/** The least-squares line through the logarithms. Slope 1: ten times as many take ten times as much. */
export function fitOf(points: readonly Point[]): Fit {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))]
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  const slope = covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return { slope, intercept: meanY - slope * meanX }
}

const PANEL_WIDTH = 400
const HEIGHT = 400
const TOP = 84
const BOTTOM = 344
const LEFT = 64
const RIGHT = PANEL_WIDTH - 24
const LEGEND_WIDTH = 150

/** Air around the outermost decades, in decades. */
const MARGIN = 0.15

/** Each is at least three times as bright, or as dark, as a white page and as a black one. */
const GREY = '#757c86'
const COLOURS = ['#2f7de1', '#c96a12']

/** Panels side by side: points, fitted lines, a legend with the slopes. No background of its own. */
export function plotOf(title: string, xTitle: string, panels: readonly Panel[]): string {
  const width = PANEL_WIDTH * panels.length
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="${GREY}">`,
    `<title>${title}</title>`,
    text(LEFT, 20, title, 'font-size="14"'),
    ...panels.map(
      (panel, n) => `<g transform="translate(${n * PANEL_WIDTH} 0)">\n${drawn(panel, xTitle)}\n</g>`,
    ),
    '</svg>\n',
  ].join('\n')
}

function drawn({ unit, series }: Panel, xTitle: string): string {
  const points = series.flatMap((one) => one.points)
  const x = axisOf(
    points.map(([value]) => value),
    [LEFT, RIGHT],
  )
  const y = axisOf(
    points.map(([, value]) => value),
    [BOTTOM, TOP],
  )
  const middle = (LEFT + RIGHT) / 2
  return [
    ...x.decades.flatMap((value) => [
      line([x.at(value), TOP], [x.at(value), BOTTOM], GRID),
      text(x.at(value), BOTTOM + 18, shown(value), 'text-anchor="middle"'),
    ]),
    ...y.decades.flatMap((value) => [
      line([LEFT, y.at(value)], [RIGHT, y.at(value)], GRID),
      text(LEFT - 8, y.at(value) + 4, shown(value), 'text-anchor="end"'),
    ]),
    text(middle, BOTTOM + 42, xTitle, 'text-anchor="middle"'),
    text(LEFT, TOP - 36, unit),
    ...series.flatMap(({ name, points }, n) => {
      const colour = COLOURS[n % COLOURS.length] as string
      const { slope, intercept } = fitOf(points)
      const ends = [points[0] as Point, points.at(-1) as Point].map(
        ([value]): Point => [x.at(value), y.at(Math.exp(intercept) * value ** slope)],
      )
      const left = LEFT + n * LEGEND_WIDTH
      return [
        line(ends[0] as Point, ends[1] as Point, `stroke="${colour}" stroke-width="2"`),
        ...points.map(([a, b]) => mark(n, [x.at(a), y.at(b)], colour)),
        mark(n, [left + 5, TOP - 18], colour),
        text(left + 16, TOP - 14, `${name}, slope ${slope.toFixed(2)}`),
      ]
    }),
  ].join('\n')
}

const GRID = `stroke="${GREY}" stroke-opacity="0.35"`

/** A logarithmic axis between two ends on the page, over whole decades around the values. */
function axisOf(values: readonly number[], [from, to]: readonly [from: number, to: number]) {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const [first, span] = [low - MARGIN, high - low + 2 * MARGIN]
  return {
    decades: Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n)),
    at: (value: number): number => from + ((Math.log10(value) - first) / span) * (to - from),
  }
}

function shown(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 1 })
}

/** A disc or a square, so that series differ by more than colour. */
function mark(series: number, [x, y]: Point, colour: string): string {
  return series % 2 === 0
    ? `<circle cx="${rounded(x)}" cy="${rounded(y)}" r="5" fill="${colour}"/>`
    : `<rect x="${rounded(x - 4.5)}" y="${rounded(y - 4.5)}" width="9" height="9" fill="${colour}"/>`
}

function line([x1, y1]: Point, [x2, y2]: Point, style: string): string {
  return `<line x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}" ${style}/>`
}

function text(x: number, y: number, content: string, style = ''): string {
  return `<text x="${rounded(x)}" y="${rounded(y)}" ${style}>${content}</text>`
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10)
}
