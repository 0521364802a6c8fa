import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

type Json = Record<string, unknown>;

/** JSON Schemas as zod writes them. Those with an id (`.meta({ id })`) become components, and are referred to by name. */
export class ComponentSchemas {
  private readonly components: Record<string, Json> = {};

  /**
   * The JSON Schema of what is sent (`input`) or returned (`output`).
   * @throws Error when two schemas have the same id
   */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    // A preprocessed schema is described by its output schema.
    const described = schema instanceof z.ZodPreprocess ? (schema.out as z.ZodType) : schema;
    const { $schema, $defs = {}, id, ...json } = this.jsonSchemaOf(described, io);
    for (const [name, { id: _, ...definition }] of Object.entries($defs as Record<string, Json>)) {
      this.add(name, definition);
    }
    return typeof id === 'string' ? this.add(id, json) : json;
  }

  all(): Json {
    return this.components;
  }

  private add(name: string, schema: Json): Json {
    const known = this.components[name];
    if (known && !isDeepStrictEqual(known, schema)) throw new Error(`Two schemas have the id ${name}`);
    this.components[name] = schema;
    return { $ref: `#/components/schemas/${name}` };
  }

  private jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    const json = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        if (jsonSchema.format) delete jsonSchema.pattern; // the format is the readable form of it
      },
    });
    return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'));
  }
}
