import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { faultSchema, type Fault, type Faults } from './faults';
import type { RequestLog } from './request-log';
import { tokenSchema, type Tokens } from './tokens';

export interface ControlParts {
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly tokens: Tokens;
}

/** Control paths common to all emulated APIs: faults, tokens, the request log, errors. */
export function sharedControl({ faults, log, tokens }: ControlParts): Hono {
  const control = new Hono();

  control.get('/faults', (context) => context.json({ faults: faults.all().map(renderFault) }));
  control.post('/faults', async (context) => {
    const order = await parse(context, faultSchema);
    return context.json({ id: faults.add(order).id }, 201);
  });
  control.delete('/faults', (context) => {
    faults.clear();
    return context.body(null, 204);
  });
  control.delete('/faults/:id', (context) => {
    const id = context.req.param('id');
    return faults.remove(id) ? context.body(null, 204) : context.json({ error: `no fault '${id}'` }, 404);
  });

  control.get('/tokens', (context) => context.json({ tokens: tokens.list() }));
  control.put('/tokens/:name', async (context) => {
    tokens.set(context.req.param('name'), await parse(context, tokenSchema));
    return context.body(null, 204);
  });
  control.delete('/tokens/:name', (context) => {
    const name = context.req.param('name');
    return tokens.revoke(name) ? context.body(null, 204) : context.json({ error: `no token '${name}'` }, 404);
  });

  control.get('/requests', (context) => context.json({ requests: log.after(Number(context.req.query('after') ?? 0)) }));

  control.notFound((context) => context.json({ error: `the control path does not know ${context.req.method} ${context.req.path}` }, 404));
  control.onError((error, context) =>
    context.json({ error: error.message }, error instanceof z.ZodError || error instanceof SyntaxError ? 422 : 500),
  );
  return control;
}

export const parse = async <S extends z.ZodType>(context: Context, schema: S): Promise<z.output<S>> =>
  schema.parse(await context.req.json());

const renderFault = ({ id, match, effect, spared, remaining, hits }: Fault): object => ({ id, match, effect, spared, remaining, hits });
