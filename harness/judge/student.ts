/** Student's t, by jstat. */
import jstat from 'jstat'

const { jStat } = jstat

/** The value that t with so many degrees of freedom (a fraction will do) exceeds with probability `alpha`. */
export const tAbove = (alpha: number, degrees: number): number => jStat.studentt.inv(1 - alpha, Math.max(1, degrees))
