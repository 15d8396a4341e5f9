// Every route of the API: the table of contents. Entered by app.ts after all plugins.
import type { GatewayApp } from './gateway-app.ts';
import { deleteApiKey } from './routes/api-keys/delete-api-key.ts';
import { getApiKeys } from './routes/api-keys/get-api-keys.ts';
import { postApiKeys } from './routes/api-keys/post-api-keys.ts';
import { getApproval } from './routes/approvals/get-approval.ts';
import { getApprovals } from './routes/approvals/get-approvals.ts';
import { postApprovalDecision } from './routes/approvals/post-approval-decision.ts';
import { getAuditEvents } from './routes/audit-events/get-audit-events.ts';
import { postEnrolments } from './routes/enrolments/post-enrolments.ts';
import { getExecutionOutput } from './routes/executions/get-execution-output.ts';
import { deleteInvitation } from './routes/invitations/delete-invitation.ts';
import { getInvitations } from './routes/invitations/get-invitations.ts';
import { postInvitationAccept } from './routes/invitations/post-invitation-accept.ts';
import { postInvitationLookup } from './routes/invitations/post-invitation-lookup.ts';
import { postInvitations } from './routes/invitations/post-invitations.ts';
import { getMe } from './routes/me/get-me.ts';
import { deleteMember } from './routes/members/delete-member.ts';
import { deleteMemberSessions } from './routes/members/delete-member-sessions.ts';
import { getMemberSessions } from './routes/members/get-member-sessions.ts';
import { getMembers } from './routes/members/get-members.ts';
import { patchMember } from './routes/members/patch-member.ts';
import { deleteNode } from './routes/nodes/delete-node.ts';
import { getNodes } from './routes/nodes/get-nodes.ts';
import { postNodes } from './routes/nodes/post-nodes.ts';
import { getOrganizations } from './routes/organizations/get-organizations.ts';
import { postOrganizationSelect } from './routes/organizations/post-organization-select.ts';
import { postPolicyEvaluations } from './routes/policy/post-policy-evaluations.ts';
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
import { deleteSession } from './routes/sessions/delete-session.ts';
import { getSessions } from './routes/sessions/get-sessions.ts';
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
  postApprovalDecision(app, services);
  postPolicyEvaluations(app, services);

  getNodes(app, services);
  postNodes(app, services);
  deleteNode(app, services);
  getSites(app, services);
  postSites(app, services);
  postJoinTokens(app, services);
  getSatellites(app, services);
  postSatelliteRevoke(app, services);
  postEnrolments(app, services);

  getMembers(app, services);
  patchMember(app, services);
  deleteMember(app, services);
  getMemberSessions(app, services);
  deleteMemberSessions(app, services);
  getInvitations(app, services);
  postInvitations(app, services);
  deleteInvitation(app, services);
  postInvitationLookup(app, services);
  postInvitationAccept(app, services);
  getApiKeys(app, services);
  postApiKeys(app, services);
  deleteApiKey(app, services);
  getSessions(app, services);
  deleteSession(app, services);
  getOrganizations(app, services);
  postOrganizationSelect(app, services);

  getAuditEvents(app, services);
  getMe(app, services);

  postSignIn(app, services);
  postSignOut(app, services);
  getSession(app, services);
  allOtherAuth(app, services);

  getHealthz(app);
  getReadyz(app, services);
  getOpenapi(app);
}
