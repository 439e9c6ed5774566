/** What a user imports from 'holdwater'. */

export type { ResourceResult, Results, Run } from './model.ts'
export { defineScenario } from './probe/node/define-scenario.js'
export type {
  BudgetEntry,
  CommandScenario,
  Context,
  CycleContext,
  CycleScenario,
  Scenario,
  ScenarioEtcd,
} from './scenario/scenario.ts'
