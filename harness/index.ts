/** What a user imports from 'holdwater'. */
export { defineScenario } from './probe/node/define-scenario.js'
export type { BudgetEntry, Context, CycleContext, Scenario, ScenarioEtcd } from './scenario/scenario.ts'
export type { Results, Run, ResourceResult } from './model.ts'
