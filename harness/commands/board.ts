/** What scenarios show while they run: alone, all of it as it comes; side by side, a line each, and the rest when it is over. */
import { plainValue } from '../../reports/plain.ts'
import { outlookText, progressLine, startText } from '../../reports/terminal.ts'
import type { HeaderLine, Plan, Recording } from '../model.ts'
import type { Outlook, Progress } from '../observe/progress.ts'
import type { Screen } from './screen.ts'

export type Job = {
  /** Before something that may take long. */
  wait(text: string): void
  start(header: HeaderLine): void
  progress(progress: Progress, recording: Recording): void
  /** How long it may take, once its pace is known. */
  outlook(outlook: Outlook, plan: Pick<Plan, 'resolution' | 'length'>): void
  /** Before a further run. */
  again(text: string): void
  /** It is over: what came of it. */
  end(tell: (screen: Screen) => void): void
}

const alone = (screen: Screen): Job => ({
  wait: screen.say,
  start: screen.start,
  progress: screen.progress,
  outlook: (outlook, plan) => screen.say(outlookText(outlook, plan, screen.width)),
  again: screen.say,
  end(tell) {
    screen.end()
    tell(screen)
    screen.say('')
  },
})

/** @param several more than one at once */
export function openBoard(screen: Screen, several: boolean): (name: string) => Job {
  if (!several) return () => alone(screen)
  const running = new Map<string, string>()
  const lines = () => [...running].map(([name, line]) => `  ${name}: ${line.trim()}`.slice(0, screen.width)).join('\n')
  return (name) => {
    const texts: string[] = []
    running.set(name, 'starting')
    return {
      wait: (text) => screen.say(`  ${name}: ${text.trim()}`),
      start(header) {
        if (header.role === 'measure') texts.push(startText(plainValue(header), screen.width, screen.paint))
      },
      progress(progress) {
        running.set(name, progressLine(progress))
        screen.live(lines, lines)
      },
      outlook: (outlook, plan) => texts.push(outlookText(outlook, plan, screen.width)),
      again: (text) => texts.push(text),
      end(tell) {
        running.delete(name)
        screen.end()
        for (const text of texts) screen.say(text)
        tell(screen)
        screen.say('')
      },
    }
  }
}
