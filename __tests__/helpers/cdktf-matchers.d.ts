import 'vitest';

interface CdktfMatchers<R> {
  toHaveResource(constructor: { readonly tfResourceType: string }): R;
  toHaveResourceWithProperties(constructor: { readonly tfResourceType: string }, properties: Record<string, unknown>): R;
  toHaveDataSource(constructor: { readonly tfResourceType: string }): R;
  toHaveProvider(constructor: { readonly tfResourceType: string }): R;
  toBeValidTerraform(): R;
  toPlanSuccessfully(): R;
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- this is how vitest takes more matchers
  interface Matchers<T> extends CdktfMatchers<T> {}
}
