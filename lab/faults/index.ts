export * from './api';
export * from './configuration';
export * from './disk';
export * from './fault';
export type * from './lab-handle';
export * from './link';
export * from './power';
export * from './pressure';
export * from './process';
