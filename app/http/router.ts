import { HttpError, type Handler, type Route } from './exchange';

export interface Match {
  readonly handler: Handler;
  readonly params: Readonly<Record<string, string>>;
}

export type Router = (method: string, path: string) => Match;

/** @throws HttpError 404 or 405, with the methods that are allowed; HEAD is answered by the handler of GET. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map(([method, path, handler]) => ({ method, handler, pattern: patternOf(path) }));
  return (method, path) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const here = compiled.filter(({ pattern }) => pattern.test(path));
    if (here.length === 0) throw new HttpError(404, 'not-found', `there is nothing at ${path}`);
    const route = here.find((each) => each.method === wanted);
    if (!route) {
      const allow = here.map((each) => each.method).join(', ');
      throw new HttpError(405, 'method-not-allowed', `${path} allows ${allow}`, { Allow: allow });
    }
    return { handler: route.handler, params: { ...route.pattern.exec(path)?.groups } };
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}
