/** What one check has found. Whatever is not as it should be comes with what to do about it. */
export type Finding = { readonly check: string; readonly says: string } & (
  | { readonly level: 'fine' | 'note'; readonly remedy?: undefined }
  /** `warning`: a deploy works all the same, or it could not be told; `wrong`: it would fail. */
  | { readonly level: 'warning' | 'wrong'; readonly remedy: string }
);

interface FindingMakers {
  readonly fine: (says: string) => Finding;
  readonly note: (says: string) => Finding;
  readonly warning: (says: string, remedy: string) => Finding;
  readonly wrong: (says: string, remedy: string) => Finding;
}

/** Makes the findings of one check. */
export function findings(check: string): FindingMakers {
  return {
    fine: (says) => ({ check, level: 'fine', says }),
    note: (says) => ({ check, level: 'note', says }),
    warning: (says, remedy) => ({ check, level: 'warning', says, remedy }),
    wrong: (says, remedy) => ({ check, level: 'wrong', says, remedy }),
  };
}
