export * from './console';
export * from './page';
export * from './result';
export * from './write';
