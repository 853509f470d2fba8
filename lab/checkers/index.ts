export * from './history';
export * from './moves';
export * from './outage';
export * from './reads';
export * from './requests';
export * from './statistics';
export * from './verdict';
export * from './writes';
