// Data: policies to begin with.

export interface PolicyExample {
  title: string;
  name: string;
  text: string;
}

export const policyExamples: readonly PolicyExample[] = [
  {
    title: 'Two people change production',
    name: 'prod-changes',
    text: `// Whatever changes a node with the label env=production is approved by two people.
forbid (principal, action in Action::"changes", resource)
when { resource.hasTag("env") && resource.getTag("env") == "production" }
unless { context.approvals >= 2 };
`,
  },
  {
    title: 'Restarts in staging need nobody',
    name: 'staging-restarts',
    text: `// Services may be restarted on staging nodes without an approval.
permit (principal, action == Action::"controls_service", resource)
when {
  resource.hasTag("env") && resource.getTag("env") == "staging" &&
  context has use && context.use == "systemctl restart"
};
`,
  },
  {
    title: 'Nothing is deleted on databases',
    name: 'databases',
    text: `// No approval lets anything be deleted on a node whose name begins with db-.
forbid (principal, action == Action::"deletes", resource)
when { resource.name like "db-*" };
`,
  },
];
