/** Least squares, with what a likelihood asks of them. Pure. */

export type Solution = {
  /** One for each column. */
  coefficients: Float64Array
  /** The sum of the squares of what is left. */
  sse: number
  /** Variance of the last coefficient, in units of the noise's. */
  variance: number
  /** Of the columns' products. */
  logDet: number
  /** By how much the last coefficient but one changes with the last. */
  follows: number
}

/** A column of which less than this share is its own says nothing beside the others. */
const LEAST_OWN = 1e-9

export function dot(a: Float64Array, b: Float64Array, from = 0): number {
  let sum = 0
  for (let i = from; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

/** By the normal equations (Cholesky). Null where a column says nothing beside the others. */
export function leastSquares(columns: readonly Float64Array[], target: Float64Array): Solution | null {
  const p = columns.length
  const root = new Float64Array(p * p)
  const z = new Float64Array(p)
  const at = (i: number, k: number) => root[i * p + k] as number
  let logDet = 0
  let sse = dot(target, target)
  for (const [i, column] of columns.entries()) {
    for (let j = 0; j <= i; j++) {
      const product = dot(column, columns[j] as Float64Array)
      let own = product
      for (let k = 0; k < j; k++) own -= at(i, k) * at(j, k)
      if (j < i) root[i * p + j] = own / at(j, j)
      else if (own > LEAST_OWN * product) root[i * p + i] = Math.sqrt(own)
      else return null
    }
    logDet += 2 * Math.log(at(i, i))
    let rest = dot(column, target)
    for (let k = 0; k < i; k++) rest -= at(i, k) * (z[k] as number)
    z[i] = rest / at(i, i)
    sse -= (z[i] as number) ** 2
  }
  const coefficients = new Float64Array(p)
  for (let i = p - 1; i >= 0; i--) {
    let rest = z[i] as number
    for (let k = i + 1; k < p; k++) rest -= at(k, i) * (coefficients[k] as number)
    coefficients[i] = rest / at(i, i)
  }
  return {
    coefficients,
    sse: Math.max(sse, 0),
    variance: p > 0 ? 1 / at(p - 1, p - 1) ** 2 : 0,
    logDet,
    follows: p > 1 ? -at(p - 1, p - 2) / at(p - 2, p - 2) : 0,
  }
}

export type Basis = { readonly directions: readonly Float64Array[]; readonly logDet: number }

/** What is left of a column beside a basis, as a direction of length one, and how much that is; null where it is nothing. */
export function directionBeside(directions: readonly Float64Array[], column: Float64Array) {
  const left = without(directions, column)
  const own = dot(left, left)
  if (own <= LEAST_OWN * dot(column, column)) return null
  const length = Math.sqrt(own)
  return { direction: left.map((value) => value / length), own }
}

/** Columns that everything else is seen beside, made orthonormal. */
export function basisOf(columns: readonly Float64Array[]): Basis {
  const directions: Float64Array[] = []
  let logDet = 0
  for (const column of columns) {
    const found = directionBeside(directions, column)
    if (!found) continue
    directions.push(found.direction)
    logDet += Math.log(found.own)
  }
  return { directions, logDet }
}

/** A column less what a basis explains of it. */
export function without(directions: readonly Float64Array[], column: Float64Array): Float64Array {
  const left = Float64Array.from(column)
  for (const direction of directions) {
    const share = dot(direction, left)
    for (let i = 0; i < left.length; i++) left[i] = (left[i] as number) - share * (direction[i] as number)
  }
  return left
}
