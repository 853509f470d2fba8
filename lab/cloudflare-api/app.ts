import { Hono } from 'hono';
import { gate, type Ctx, type Gate, type Variables } from '../api/gate';
import type { Tokens } from '../api/tokens';
import { routes as certificates } from './certificates';
import { routes as dnsRecords } from './dns-records';
import { CloudflareError, invalid, UnexpectedRequest } from './errors';
import { routes as ipRanges } from './ip-ranges';
import { cloudflareManners, type CloudflareParts } from './manners';
import { routes as originPulls } from './origin-pulls';
import type { Route } from './requests';
import type { Account } from './account';
import { routes as zoneSettings } from './zone-settings';
import { routes as zones } from './zones';

const PREFIX = '/client/v4';
const ROUTES: readonly Route[] = [...ipRanges, ...zones, ...dnsRecords, ...certificates, ...originPulls, ...zoneSettings];
const PUBLIC = ROUTES.filter(({ isPublic }) => isPublic).map(({ path }) => PREFIX + path);

export function buildApp(account: Account, parts: Omit<Gate, 'manners'> & CloudflareParts): Hono {
  const app = new Hono<{ Variables: Variables }>();
  app.use(gate({ ...parts, manners: cloudflareManners(parts, (context) => PUBLIC.includes(context.req.path)) }));
  for (const route of ROUTES) app.on(route.method, PREFIX + route.path, (context) => answer(context, account, parts.tokens, route));
  app.notFound((context) => answerError(context, account, new UnexpectedRequest(`${context.req.method} ${context.req.path}`)));
  app.onError((error, context) => answerError(context, account, error));
  return app as unknown as Hono;
}

/** Always 200 with a JSON body, deletions included: a client must be able to read it. */
function answer(context: Ctx, account: Account, tokens: Tokens, route: Route): Response {
  const body = context.get('body');
  if (body === undefined) throw invalid(6007, 'Malformed JSON in request body');
  const path = context.req.path.slice(PREFIX.length);
  const query = new URL(context.req.url).searchParams;
  const mayEdit = tokens.find(context.req.header('authorization'))?.access === 'read-write';
  const { result, result_info } = route.handle({
    account,
    method: context.req.method,
    path,
    params: context.req.param(),
    query,
    body,
    mayEdit,
  });
  return context.json({ result, success: true, errors: [], messages: [], ...(result_info === undefined ? {} : { result_info }) });
}

function answerError(context: Ctx, account: Account, error: Error): Response {
  if (error instanceof UnexpectedRequest) account.unexpectedRequests.push(error.what);
  if (error instanceof CloudflareError) return context.json(error.body(), error.status);
  account.failures.push(`${context.req.method} ${context.req.path}: ${error.stack ?? error.message}`);
  return context.json(new CloudflareError(500, 10001, error.message).body(), 500);
}
