/** The description of the control API, written from its table: what is not in the table is not there, and the other way round. */
import { z } from 'zod';
import { hasSchema, partsOf, type Route, type RouteName, routes } from './routes.ts';
import { problem } from './schemas.ts';

/** OpenAPI 3.1, sorted as the table is. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const { method, path } = partsOf(name);
    const written = path.replace(/:(\w+)/g, '{$1}');
    paths[written] = { ...paths[written], [method.toLowerCase()]: operation(name as RouteName, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport control API',
      version,
      description:
        'HTTP on a unix socket (a named pipe on Windows) that only its owner can open. Requests with an Origin, a Referer or another Host than `sallyport` are refused.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://sallyport' }],
    paths,
  };
}

function operation(name: RouteName, route: Route): Record<string, unknown> {
  const parameters = [...fields(route.params, 'path'), ...fields(route.query, 'query')];
  return {
    operationId: name.replace(/[^A-Za-z]+/g, '_').toLowerCase(),
    summary: route.summary,
    'x-access': route.access,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: { content: json(schemaOf(route.body, 'input')) } }),
    responses: {
      200: { description: 'Done.', content: answered(route) },
      default: { description: 'Not done.', content: json(schemaOf(problem, 'output')) },
    },
  };
}

function answered({ answer }: Route): Record<string, unknown> {
  return hasSchema(answer) ? json(schemaOf(answer, 'output')) : { [answer.text]: { schema: { type: 'string' } } };
}

function fields(schema: z.ZodType | undefined, where: 'path' | 'query'): readonly Record<string, unknown>[] {
  if (schema === undefined) return [];
  const { properties = {} } = z.toJSONSchema(schema, { io: 'output' });
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: where,
    required: where === 'path',
    schema: each,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function json(schema: Record<string, unknown>): Record<string, unknown> {
  return { 'application/json': { schema } };
}
