import { program, publicFolder } from './files';
import { group, isObject, optional, required, wrongKind, type Rule, type Rules } from './rules';

/** What runs on the app servers. */
export interface Application {
  /** TypeScript or JavaScript program, bundled to one file for the distribution's Node (20). app/README.md says what it has to offer. */
  readonly entryPoint: string;
  /**
   * Program that brings the schema up to date, run on each app server before a new release starts there. It alone has the rights to
   * change the schema then, by an account and a password of its own: app/README.md. @default none: the application may change it
   */
  readonly migrationEntryPoint?: string;
  /**
   * Further environment variables of the application, no secrets. HOST, PORT, HOST_NAME, NODE_ENV, NODE_OPTIONS and DATABASE_* are set
   * by the tier; of these only DATABASE_NAME and DATABASE_USER may be given. @default none
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The application, and the files beside it. */
export interface ApplicationSettings extends Application {
  /** Local folder of static files; Nginx serves them under `/`, but none whose name begins with a dot. */
  readonly publicFolder: string;
}

const RESERVED = /^(HOST|PORT|HOST_NAME|NODE_ENV|NODE_OPTIONS|DATABASE_(?!NAME$|USER$).*)$/;

const environment: Rule = optional((got, prop) => {
  if (!isObject(got)) return [wrongKind(prop, got, 'an object of names and values')];
  return Object.entries(got).flatMap(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || RESERVED.test(name)) {
      const want = 'names of letters, digits and _ that the tier does not set itself';
      return [{ code: 'app-environment', prop, got: name, want, fix: 'choose another name' }];
    }
    if (typeof value === 'string' && !/[\n\r\0]/.test(value)) return [];
    const fix = 'write it within quotes, and put long texts into the application';
    return [{ code: 'app-environment', prop: `${prop}.${name}`, got: value, want: 'one line of text', fix }];
  });
});

export const APPLICATION_RULES: Rules<Application> = {
  entryPoint: required(program, 'the path of a program'),
  migrationEntryPoint: program,
  environment,
};

/** Of the app tier's props. */
export const applicationRule = required(group<Application>(APPLICATION_RULES), 'an application');

/** Of an environment's settings. */
export const applicationSettingsRule = required(
  group<ApplicationSettings>({ ...APPLICATION_RULES, publicFolder: required(publicFolder, 'the path of a folder') }),
  'an application',
);
