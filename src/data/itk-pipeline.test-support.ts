import { pipelineFiles } from '../../scripts/itk-pipelines.mjs'
import { setPipelineFiles } from './itk-pipeline'

/** Imported by tests that run ITK: in Node the pipelines are in node_modules. */
setPipelineFiles(pipelineFiles)
