/** What a user imports from 'holdwater'. */

export type { ResourceResult, Results, Run } from './model.ts'
export { defineScenario } from './probe/node/define-scenario.js'
export type {
  BudgetEntry,
  CommandScenario,
  Context,
  CycleContext,
  CycleScenario,
  Load,
  Scenario,
  ScenarioEtcd,
  ServerScenario,
} from './scenario/scenario.ts'
