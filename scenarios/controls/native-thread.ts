/** A thread of a program in another language: python3 starts one a cycle, and joins it or not. */
import { defineScenario } from 'holdwater'

const every = Number(process.env.HOLDWATER_LEAK_EVERY ?? 1)
const program = `
import sys, threading, time
leaky, every = sys.argv[1] == 'leaky', int(sys.argv[2])
for cycle in range(1_000_000):
    done = threading.Event()
    thread = threading.Thread(target=done.wait, daemon=True)
    thread.start()
    if not leaky or cycle % every:
        done.set()
        thread.join()
    print('cycle', flush=True)
    time.sleep(0.01) # it is not halted while it is read: on a busy machine that takes as long
`

export const nativeThread = (which: 'leaky' | 'clean') =>
  defineScenario({
    title: which === 'leaky' ? 'a thread of python3, left running' : 'a thread of python3, joined',
    needs: { command: 'python3' },
    install: 'Install Python 3, such as: sudo apt-get install python3',
    expect: which === 'leaky' ? 'leaking' : 'clean',
    cycles: 400 * every,
    resolution: `1/${20 * every}`,
    budget: { threads: 0 },
    command: () => ['python3', '-c', program, which, String(every)],
    cycleMark: /^cycle$/,
  })
