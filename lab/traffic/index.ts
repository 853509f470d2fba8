export * from './certificate';
export * from './clock';
export * from './random';
export * from './request';
export * from './session';
export { USUAL_PATIENCE_MILLISECONDS } from './retry';
export * from './stream';
export * from './traffic';
export * from './workload';
