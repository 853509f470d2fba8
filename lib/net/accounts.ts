/** The MySQL account that may change the application's schema, where the application's own may not. */
export const MIGRATION_USER = 'platform_migration';
