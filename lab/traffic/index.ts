export * from './clock';
export * from './random';
export * from './request';
export * from './stream';
export * from './traffic';
export * from './workload';
