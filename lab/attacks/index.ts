export * from './addresses';
export * from './attack';
export * from './visitor';
