export * from './addresses';
export * from './attack';
export * from './held';
export * from './visitor';
