/** What goes to stderr, as wide as the terminal there; in a pipe, where something reads it line by line, as it is. */
import { wrapLines } from '../../reports/terminal.ts'

/** Where a terminal does not say how wide it is. */
const TERMINAL_WIDTH = 80

export const fitted = (text: string, { isTTY, columns } = process.stderr): string =>
  isTTY ? wrapLines(text, columns || TERMINAL_WIDTH) : text
