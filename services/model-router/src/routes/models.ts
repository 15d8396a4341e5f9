// GET /v1/models: the tiers that a model answers here. Reads the configuration only.
import type { FastifyInstance } from 'fastify';
import { tierSchema } from '../http/chat-request.ts';
import type { Deployment } from '../routing/choose-deployment.ts';

export function registerModels(app: FastifyInstance, deployments: readonly Deployment[]): void {
  app.get('/v1/models', async () => ({
    object: 'list',
    data: tierSchema.options
      .filter((tier) =>
        deployments.some(
          (deployment) => deployment.tiers.includes(tier) && (tier !== 'private' || deployment.keepsDataInside),
        ),
      )
      .map((tier) => ({ id: tier, object: 'model', created: 0, owned_by: 'sena' })),
  }));
}
