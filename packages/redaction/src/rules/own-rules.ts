// The rules of ours, which know what operators' output holds and @secretlint/core does not. Data only.
import { assignment, commandLine, statement } from './assignments.ts';
import { netrcFile, passwordHash, postgresPasswordFile } from './files.ts';
import { privateKey } from './keys.ts';
import { kubernetesSecret } from './kubernetes.ts';
import { address, authorization, cookie, jsonWebToken } from './requests.ts';
import type { Rule } from './rule.ts';

export const ownRules: readonly Rule[] = [
  privateKey,
  kubernetesSecret,
  passwordHash,
  jsonWebToken,
  authorization,
  cookie,
  address,
  postgresPasswordFile,
  netrcFile,
  assignment,
  commandLine,
  statement,
];
