// May this member do that, and on which nodes? The table of roles, judged by CASL, narrowed by the role's selector, by the list of
// the API key, and by what is for a session alone. Entered by the gateway for every request. Pure.
import { type AbilityTuple, Ability as CaslAbility, type RawRuleOf } from '@casl/ability';
import { type Permission, permissionSchema } from '@sena/contracts/domain/permission';
import type { Member } from '@sena/contracts/domain/principal';
import { permissionsOfRole, sessionOnlyPermissions } from '@sena/contracts/domain/role-permissions';

/** What is about nodes, and therefore ends where the selector ends. */
const boundToNodes: ReadonlySet<string> = new Set(['runs', 'approvals', 'fleet']);

/** These tell about the whole organization at once: a member who may see a part of the fleet has none of them. */
const wholeOrganizationOnly: ReadonlySet<Permission> = new Set<Permission>(['audit:read']);

type Ability = CaslAbility<AbilityTuple<string, string>, string>;
type Asking = Pick<Member, 'role' | 'scope' | 'keyPermissions' | 'by'>;

export function isAllowed(member: Asking, permission: Permission): boolean {
  return abilityOf(member).can(...split(permission));
}

/** All of them, in the order of the contract. */
export function permissionsOf(member: Asking): Permission[] {
  const ability = abilityOf(member);
  return permissionSchema.options.filter((permission) => ability.can(...split(permission)));
}

/** The selector that bounds this permission; null: it has no bound. */
export function scopeOf(member: Asking, permission: Permission): string | null {
  return abilityOf(member).relevantRuleFor(...split(permission))?.conditions ?? null;
}

function abilityOf({ role, scope, keyPermissions, by }: Asking): Ability {
  const rules: RawRuleOf<Ability>[] = [];
  for (const permission of permissionsOfRole[role]) {
    if (keyPermissions !== null && !keyPermissions.includes(permission)) continue;
    if (by !== 'session' && sessionOnlyPermissions.has(permission)) continue;
    const [action, subject] = split(permission);
    if (scope === null) rules.push({ action, subject });
    else if (wholeOrganizationOnly.has(permission)) continue;
    else rules.push({ action, subject, ...(boundToNodes.has(subject) ? { conditions: scope } : {}) });
  }
  // Selectors are judged by the database, where the nodes are; here no object is within one. `manage` and `all` are no wildcards.
  return new CaslAbility(rules, { conditionsMatcher: () => () => false, anyAction: '*', anySubjectType: '*' });
}

function split(permission: Permission): [action: string, subject: string] {
  const [subject = '', action = ''] = permission.split(':');
  return [action, subject];
}
