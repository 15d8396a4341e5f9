// Generated from openapi.json by `pnpm --filter @sena/sdk generate`. Do not edit.
export interface paths {
    "/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    status?: "pending" | "approved" | "rejected" | "expired" | "void";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                actionDigest: string;
                                commands: {
                                    command: string;
                                    nodeCount: number;
                                    nodes: {
                                        id: string;
                                        name: string;
                                    }[];
                                    step: string;
                                }[];
                                /** Format: date-time */
                                createdAt: string;
                                decidedAt: string | null;
                                decidedBy: {
                                    id: string;
                                    name: string;
                                } | null;
                                effects: {
                                    detail: string;
                                    end: number;
                                    /** @enum {string} */
                                    kind: "reads" | "reads_secret" | "writes" | "deletes" | "controls_service" | "installs" | "changes_users" | "network" | "privilege" | "unknown";
                                    start: number;
                                }[];
                                /** Format: date-time */
                                expiresAt: string;
                                id: string;
                                mayDecide: boolean;
                                reason: string | null;
                                reasons: string[];
                                requestedBy: {
                                    id: string;
                                    name: string;
                                };
                                runId: string;
                                /** @enum {string} */
                                status: "pending" | "approved" | "rejected" | "expired" | "void";
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/approvals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            actionDigest: string;
                            commands: {
                                command: string;
                                nodeCount: number;
                                nodes: {
                                    id: string;
                                    name: string;
                                }[];
                                step: string;
                            }[];
                            /** Format: date-time */
                            createdAt: string;
                            decidedAt: string | null;
                            decidedBy: {
                                id: string;
                                name: string;
                            } | null;
                            effects: {
                                detail: string;
                                end: number;
                                /** @enum {string} */
                                kind: "reads" | "reads_secret" | "writes" | "deletes" | "controls_service" | "installs" | "changes_users" | "network" | "privilege" | "unknown";
                                start: number;
                            }[];
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            mayDecide: boolean;
                            reason: string | null;
                            reasons: string[];
                            requestedBy: {
                                id: string;
                                name: string;
                            };
                            runId: string;
                            /** @enum {string} */
                            status: "pending" | "approved" | "rejected" | "expired" | "void";
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/approvals/{id}/decision": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        actionDigest?: string;
                        /** @enum {string} */
                        decision: "approve" | "reject";
                        reason?: string;
                    };
                };
            };
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            actionDigest: string;
                            commands: {
                                command: string;
                                nodeCount: number;
                                nodes: {
                                    id: string;
                                    name: string;
                                }[];
                                step: string;
                            }[];
                            /** Format: date-time */
                            createdAt: string;
                            decidedAt: string | null;
                            decidedBy: {
                                id: string;
                                name: string;
                            } | null;
                            effects: {
                                detail: string;
                                end: number;
                                /** @enum {string} */
                                kind: "reads" | "reads_secret" | "writes" | "deletes" | "controls_service" | "installs" | "changes_users" | "network" | "privilege" | "unknown";
                                start: number;
                            }[];
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            mayDecide: boolean;
                            reason: string | null;
                            reasons: string[];
                            requestedBy: {
                                id: string;
                                name: string;
                            };
                            runId: string;
                            /** @enum {string} */
                            status: "pending" | "approved" | "rejected" | "expired" | "void";
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    runId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                action: string;
                                actor: string;
                                /** Format: date-time */
                                at: string;
                                data: {
                                    [key: string]: unknown;
                                };
                                hash: string | null;
                                id: string;
                                seq: number | null;
                                subject: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/executions/{id}/output": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    stream?: "stdout" | "stderr";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description bytes */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/octet-stream": string;
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            organization: {
                                id: string;
                                name: string;
                            };
                            planners: ("runbook" | "model")[];
                            /** @enum {string} */
                            role: "owner" | "admin" | "operator" | "approver" | "viewer";
                            user: {
                                email: string;
                                id: string;
                                name: string;
                            };
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    selector?: string;
                    siteId?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                address: string;
                                /** Format: date-time */
                                createdAt: string;
                                credential: string;
                                hostKey: string | null;
                                id: string;
                                labels: {
                                    [key: string]: string;
                                };
                                name: string;
                                port: number;
                                runAs: string;
                                site: {
                                    id: string;
                                    name: string;
                                };
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        address: string;
                        /** @default default */
                        credential?: string;
                        /** @default null */
                        hostKey?: string | null;
                        /** @default {} */
                        labels?: {
                            [key: string]: string;
                        };
                        name: string;
                        /** @default 22 */
                        port?: number;
                        /** @default root */
                        runAs?: string;
                        siteId: string;
                    };
                };
            };
            responses: {
                /** @description ok */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            address: string;
                            /** Format: date-time */
                            createdAt: string;
                            credential: string;
                            hostKey: string | null;
                            id: string;
                            labels: {
                                [key: string]: string;
                            };
                            name: string;
                            port: number;
                            runAs: string;
                            site: {
                                id: string;
                                name: string;
                            };
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/policy/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        command: string;
                        /** @description `*`, or labels and names: `role=web and rack=a`, `name=web-07` */
                        selector?: string;
                    };
                };
            };
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @enum {string} */
                            decision: "allow" | "require_approval" | "deny";
                            effects: {
                                detail: string;
                                end: number;
                                /** @enum {string} */
                                kind: "reads" | "reads_secret" | "writes" | "deletes" | "controls_service" | "installs" | "changes_users" | "network" | "privilege" | "unknown";
                                start: number;
                            }[];
                            nodeCount: number | null;
                            reasons: string[];
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runbooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                commands: string[];
                                description: string;
                                questions: string[];
                                slug: string;
                                title: string;
                            }[];
                            nextCursor: null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                    status?: "queued" | "running" | "awaiting_approval" | "succeeded" | "failed" | "cancelled";
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                approvalId: string | null;
                                command: string | null;
                                counts: {
                                    exitedNonZero: number;
                                    exitedZero: number;
                                    notStarted: number;
                                    pending: number;
                                    total: number;
                                    unknown: number;
                                };
                                /** Format: date-time */
                                createdAt: string;
                                finishedAt: string | null;
                                id: string;
                                /** @enum {string} */
                                kind: "ask" | "command" | "runbook";
                                lastEventSeq: number;
                                /** @enum {string} */
                                planner: "none" | "runbook" | "model";
                                prompt: string | null;
                                reason: string | null;
                                requestedBy: {
                                    id: string;
                                    name: string;
                                };
                                selector: string | null;
                                startedAt: string | null;
                                /** @enum {string} */
                                status: "queued" | "running" | "awaiting_approval" | "succeeded" | "failed" | "cancelled";
                                usage: {
                                    completionTokens: number;
                                    modelCalls: number;
                                    models: string[];
                                    promptTokens: number;
                                };
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: {
                    "idempotency-key"?: string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @constant */
                        kind: "ask";
                        prompt: string;
                        /** @description `*`, or labels and names: `role=web and rack=a`, `name=web-07` */
                        selector?: string;
                    } | {
                        command: string;
                        /** @constant */
                        kind: "command";
                        /** @description `*`, or labels and names: `role=web and rack=a`, `name=web-07` */
                        selector: string;
                    } | {
                        /** @constant */
                        kind: "runbook";
                        runbook: string;
                        /** @description `*`, or labels and names: `role=web and rack=a`, `name=web-07` */
                        selector?: string;
                    };
                };
            };
            responses: {
                /** @description ok */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            /** @enum {string} */
                            status: "queued" | "running" | "awaiting_approval" | "succeeded" | "failed" | "cancelled";
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            answer: string | null;
                            approvalId: string | null;
                            command: string | null;
                            counts: {
                                exitedNonZero: number;
                                exitedZero: number;
                                notStarted: number;
                                pending: number;
                                total: number;
                                unknown: number;
                            };
                            /** Format: date-time */
                            createdAt: string;
                            findings: {
                                claim: string;
                                executionIds: string[];
                                id: string;
                                nodes: {
                                    id: string;
                                    name: string;
                                }[];
                                /** @enum {string} */
                                severity: "info" | "warning" | "critical";
                            }[];
                            finishedAt: string | null;
                            id: string;
                            /** @enum {string} */
                            kind: "ask" | "command" | "runbook";
                            lastEventSeq: number;
                            /** @enum {string} */
                            planner: "none" | "runbook" | "model";
                            prompt: string | null;
                            reason: string | null;
                            requestedBy: {
                                id: string;
                                name: string;
                            };
                            selector: string | null;
                            startedAt: string | null;
                            /** @enum {string} */
                            status: "queued" | "running" | "awaiting_approval" | "succeeded" | "failed" | "cancelled";
                            usage: {
                                completionTokens: number;
                                modelCalls: number;
                                models: string[];
                                promptTokens: number;
                            };
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            /** @enum {string} */
                            status: "queued" | "running" | "awaiting_approval" | "succeeded" | "failed" | "cancelled";
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/executions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    group?: string;
                    limit?: number;
                    outcome?: ("exited" | "not_started" | "unknown") | "pending";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                command: string;
                                detail: string | null;
                                durationMs: number | null;
                                exitCode: number | null;
                                id: string;
                                node: {
                                    id: string;
                                    name: string;
                                };
                                outcome: ("exited" | "not_started" | "unknown") | null;
                                reason: string | null;
                                runId: string;
                                signal: string | null;
                                startedAt: string | null;
                                stderrBytes: number;
                                stderrTruncated: boolean;
                                stdoutBytes: number;
                                stdoutTruncated: boolean;
                                step: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/output-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                command: string;
                                count: number;
                                exemplarExecutionId: string;
                                exitCode: number | null;
                                key: string;
                                nodes: {
                                    id: string;
                                    name: string;
                                }[];
                                outcome: ("exited" | "not_started" | "unknown") | null;
                                reason: string | null;
                                stderr: string;
                                stderrBytes: number;
                                stdout: string;
                                stdoutBytes: number;
                                step: string;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/satellites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** Format: date-time */
                                createdAt: string;
                                fingerprint: string;
                                id: string;
                                lastSeenAt: string | null;
                                name: string;
                                site: {
                                    id: string;
                                    name: string;
                                };
                                /** @enum {string} */
                                status: "connected" | "disconnected" | "revoked";
                                version: string | null;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/satellites/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** Format: date-time */
                            createdAt: string;
                            fingerprint: string;
                            id: string;
                            lastSeenAt: string | null;
                            name: string;
                            site: {
                                id: string;
                                name: string;
                            };
                            /** @enum {string} */
                            status: "connected" | "disconnected" | "revoked";
                            version: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description ok */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            items: {
                                /** Format: date-time */
                                createdAt: string;
                                id: string;
                                name: string;
                                nodeCount: number;
                                satelliteCount: number;
                                satellitesConnected: number;
                            }[];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            responses: {
                /** @description ok */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** Format: date-time */
                            createdAt: string;
                            id: string;
                            name: string;
                            nodeCount: number;
                            satelliteCount: number;
                            satellitesConnected: number;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sites/{id}/join-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @default 3600 */
                        expiresInSeconds?: number;
                    };
                };
            };
            responses: {
                /** @description ok */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            command: string;
                            dispatchKeyFingerprint: string;
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            siteId: string;
                            token: string;
                        };
                    };
                };
                /** @description Problem */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": {
                            code: string;
                            detail: string;
                            fields?: {
                                message: string;
                                path: string;
                            }[];
                            instance: string;
                            status: number;
                            title: string;
                            type: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: never;
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
