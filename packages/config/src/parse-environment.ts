// Each service's env.ts calls this once; what it returns is passed down. Reads nothing itself.
import { z } from 'zod';

/** Throws one error that names every wrong variable, its problem, and never its value. */
export function parseEnvironment<T extends z.ZodType>(
  service: string,
  schema: T,
  environment: Record<string, string | undefined>,
): z.infer<T> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(environment)'}: ${issue.message}`);
  throw new Error(`${service} can't start, its environment is not complete. Set these variables:\n${lines.join('\n')}`);
}

export const portSchema = z.coerce.number().int().min(0).max(65_535);
export const logLevelSchema = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info');
