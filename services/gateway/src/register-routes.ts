// Every route of the API: the table of contents. Entered by app.ts after all plugins.
import type { GatewayApp } from './gateway-app.ts';
import { getApproval } from './routes/approvals/get-approval.ts';
import { getApprovalAction } from './routes/approvals/get-approval-action.ts';
import { getApprovals } from './routes/approvals/get-approvals.ts';
import { postApprovalDecision } from './routes/approvals/post-approval-decision.ts';
import { getAuditCheckpoint } from './routes/audit-checkpoint/get-audit-checkpoint.ts';
import { getAuditVerification } from './routes/audit-checkpoint/get-audit-verification.ts';
import { getAuditEvents } from './routes/audit-events/get-audit-events.ts';
import { getAuditExport } from './routes/audit-export/get-audit-export.ts';
import { deleteAuditSink } from './routes/audit-sinks/delete-audit-sink.ts';
import { getAuditSinks } from './routes/audit-sinks/get-audit-sinks.ts';
import { postAuditSinks } from './routes/audit-sinks/post-audit-sinks.ts';
import { postEnrolments } from './routes/enrolments/post-enrolments.ts';
import { getExecutionOutput } from './routes/executions/get-execution-output.ts';
import { getMe } from './routes/me/get-me.ts';
import { deleteNode } from './routes/nodes/delete-node.ts';
import { getNodes } from './routes/nodes/get-nodes.ts';
import { postNodes } from './routes/nodes/post-nodes.ts';
import { deletePolicy } from './routes/policy/delete-policy.ts';
import { getPolicies } from './routes/policy/get-policies.ts';
import { getPolicy } from './routes/policy/get-policy.ts';
import { getPolicyVersions } from './routes/policy/get-policy-versions.ts';
import { postPolicyEvaluations } from './routes/policy/post-policy-evaluations.ts';
import { putPolicy } from './routes/policy/put-policy.ts';
import { getRunbooks } from './routes/runbooks/get-runbooks.ts';
import { getRun } from './routes/runs/get-run.ts';
import { getRunEvents } from './routes/runs/get-run-events.ts';
import { getRunExecutions } from './routes/runs/get-run-executions.ts';
import { getRunOutputGroups } from './routes/runs/get-run-output-groups.ts';
import { getRuns } from './routes/runs/get-runs.ts';
import { postRunCancel } from './routes/runs/post-run-cancel.ts';
import { postRuns } from './routes/runs/post-runs.ts';
import { getSatellites } from './routes/satellites/get-satellites.ts';
import { postSatelliteRevoke } from './routes/satellites/post-satellite-revoke.ts';
import { getHealthz } from './routes/service/get-healthz.ts';
import { getOpenapi } from './routes/service/get-openapi.ts';
import { getReadyz } from './routes/service/get-readyz.ts';
import { allOtherAuth } from './routes/session/all-other-auth.ts';
import { getSession } from './routes/session/get-session.ts';
import { postSignIn } from './routes/session/post-sign-in.ts';
import { postSignOut } from './routes/session/post-sign-out.ts';
import { getSites } from './routes/sites/get-sites.ts';
import { postJoinTokens } from './routes/sites/post-join-tokens.ts';
import { postSites } from './routes/sites/post-sites.ts';
import type { Services } from './services.ts';

export function registerRoutes(app: GatewayApp, services: Services): void {
  postRuns(app, services);
  getRuns(app, services);
  getRun(app, services);
  getRunEvents(app, services);
  getRunExecutions(app, services);
  getRunOutputGroups(app, services);
  postRunCancel(app, services);
  getExecutionOutput(app, services);
  getRunbooks(app, services);

  getApprovals(app, services);
  getApproval(app, services);
  getApprovalAction(app, services);
  postApprovalDecision(app, services);
  postPolicyEvaluations(app, services);
  getPolicies(app, services);
  getPolicy(app, services);
  getPolicyVersions(app, services);
  putPolicy(app, services);
  deletePolicy(app, services);

  getNodes(app, services);
  postNodes(app, services);
  deleteNode(app, services);
  getSites(app, services);
  postSites(app, services);
  postJoinTokens(app, services);
  getSatellites(app, services);
  postSatelliteRevoke(app, services);
  postEnrolments(app, services);

  getAuditEvents(app, services);
  getAuditCheckpoint(app, services);
  getAuditVerification(app, services);
  getAuditExport(app, services);
  getAuditSinks(app, services);
  postAuditSinks(app, services);
  deleteAuditSink(app, services);
  getMe(app, services);

  postSignIn(app, services);
  postSignOut(app, services);
  getSession(app, services);
  allOtherAuth(app, services);

  getHealthz(app);
  getReadyz(app, services);
  getOpenapi(app);
}
