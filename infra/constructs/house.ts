import type { Stage, StageConfig } from '../config.ts'
import type { Alarms } from './alarms.ts'
import type { Bundles } from './bundles.ts'

/** What every part of the house is built with. */
export interface House {
  stage: Stage
  config: StageConfig
  bundles: Bundles
  alarms: Alarms
}
