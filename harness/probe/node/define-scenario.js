// What `import { defineScenario } from 'holdwater'` is inside a target: plain JavaScript, so that any
// Node a target may run on can load it, and nothing else of holdwater comes along.

/**
 * Defines a scenario about a program in any language: what to run, and which line of its output is a cycle.
 * @template [Fixture=undefined]
 * @overload
 * @param {import('../../scenario/scenario.ts').CommandScenario<Fixture>} scenario
 * @returns {import('../../scenario/scenario.ts').CommandScenario<Fixture>}
 */
/**
 * Defines a scenario about a server: how to start it, and the requests it is put under.
 * @template [Fixture=undefined]
 * @overload
 * @param {import('../../scenario/scenario.ts').ServerScenario<Fixture>} scenario
 * @returns {import('../../scenario/scenario.ts').ServerScenario<Fixture>}
 */
/**
 * Defines a scenario: how to make a client, use it and close it. It returns what it is given; its worth is the
 * type, which an editor checks while you write. (Last, because the last one is what an editor's complaint is about.)
 * @template [Fixture=undefined]
 * @overload
 * @param {import('../../scenario/scenario.ts').CycleScenario<Fixture>} scenario
 * @returns {import('../../scenario/scenario.ts').CycleScenario<Fixture>}
 */
/** @param {import('../../scenario/scenario.ts').Scenario<any>} scenario */
export function defineScenario(scenario) {
  return scenario
}
