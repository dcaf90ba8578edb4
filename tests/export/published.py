"""Fields of the resources that exports use, as JSON Schema, in words of our own.

From the published definitions: LeaderWorkerSet v1 of kubernetes-sigs/lws, ScaledObject v1alpha1
of kedacore/keda with the metadata of its cron trigger (keda.sh, 2.17), and NodePool v1 of
kubernetes-sigs/karpenter. Unknown fields are refused, so that a slip in a name is seen.
"""

from __future__ import annotations

TEXT, COUNT = {"type": "string"}, {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": TEXT}
QUANTITY = {"type": "string", "pattern": r"^\d+[A-Z]?$"}
QUANTITIES = {"type": "object", "additionalProperties": QUANTITY}
ABOVE_ZERO = {"type": "string", "pattern": r"^[1-9]\d*$"}
LABEL = {"type": "string", "pattern": r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"}


def closed(required: dict[str, object], **optional: object) -> dict[str, object]:
    """An object with these fields alone."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


META = closed({"name": LABEL}, labels=TEXTS, annotations=TEXTS)
TEMPLATE = closed({"metadata": {"type": "object"}, "spec": {"type": "object"}})
POLICY = closed(
    {
        "type": {"enum": ["Pods", "Percent"]},
        "value": {"type": "integer", "minimum": 1},
        "periodSeconds": {"type": "integer", "minimum": 1, "maximum": 1800},
    }
)
RULES = closed(
    {
        "stabilizationWindowSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
        "policies": {"type": "array", "items": POLICY, "minItems": 1},
    }
)
CRON = {"type": "string", "pattern": r"^[0-5]?\d (1?\d|2[0-3]) \* \* (\*|[0-6](,[0-6])*)$"}

LEADER_WORKER_SET = closed(
    {
        "apiVersion": {"const": "leaderworkerset.x-k8s.io/v1"},
        "kind": {"const": "LeaderWorkerSet"},
        "metadata": META,
        "spec": closed(
            {
                "leaderWorkerTemplate": closed(
                    {"workerTemplate": TEMPLATE},
                    leaderTemplate=TEMPLATE,
                    size={"type": "integer", "minimum": 1},
                    restartPolicy={"enum": ["RecreateGroupOnPodRestart", "None"]},
                )
            },
            replicas=COUNT,
            rolloutStrategy=closed(
                {"type": {"const": "RollingUpdate"}},
                rollingUpdateConfiguration=closed({}, maxSurge=COUNT, maxUnavailable=COUNT),
            ),
        ),
    }
)
SCALED_OBJECT = closed(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": META,
        "spec": closed(
            {
                "scaleTargetRef": closed({"name": LABEL}, apiVersion=TEXT, kind=TEXT),
                "triggers": {
                    "type": "array",
                    "minItems": 1,
                    "items": closed(
                        {
                            "type": {"const": "cron"},
                            "metadata": closed(
                                {
                                    "timezone": {"const": "Etc/UTC"},
                                    "start": CRON,
                                    "end": CRON,
                                    "desiredReplicas": ABOVE_ZERO,
                                }
                            ),
                        }
                    ),
                },
            },
            minReplicaCount=COUNT,
            maxReplicaCount=COUNT,
            cooldownPeriod=COUNT,
            advanced=closed(
                {
                    "horizontalPodAutoscalerConfig": closed(
                        {"behavior": closed({"scaleUp": RULES, "scaleDown": RULES})}
                    )
                }
            ),
        ),
    }
)
NODE_POOL = closed(
    {
        "apiVersion": {"const": "karpenter.sh/v1"},
        "kind": {"const": "NodePool"},
        "metadata": META,
        "spec": closed(
            {
                "template": closed(
                    {
                        "spec": closed(
                            {
                                "requirements": {
                                    "type": "array",
                                    "items": closed(
                                        {
                                            "key": TEXT,
                                            "operator": {"enum": ["In", "NotIn", "Exists"]},
                                        },
                                        values={"type": "array", "items": TEXT},
                                    ),
                                },
                                "nodeClassRef": closed(
                                    {"group": TEXT, "kind": TEXT, "name": TEXT}
                                ),
                            }
                        )
                    },
                    metadata=closed({"labels": TEXTS}),
                )
            },
            limits=QUANTITIES,
            disruption=closed(
                {"consolidateAfter": {"enum": ["0s", "Never"]}},
                consolidationPolicy={"enum": ["WhenEmpty", "WhenEmptyOrUnderutilized"]},
            ),
        ),
    }
)
