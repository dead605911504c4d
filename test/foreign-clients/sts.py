"""Asks STS with Alibaba Cloud's own Python SDK, or with its credentials library, and prints what came of it as one
line of JSON.

Both find the proxy in HTTPS_PROXY by themselves; certificate authorities are wherever certifi says.
"""

import argparse
import json
import os
import sys

import certifi

certifi.where = lambda: os.environ["SSL_CERT_FILE"]

# Imported only now, since they ask certifi when they are.
from alibabacloud_credentials.exceptions import CredentialException  # noqa: E402
from alibabacloud_credentials.provider import (  # noqa: E402
    OIDCRoleArnCredentialsProvider,
    RamRoleArnCredentialsProvider,
)
from alibabacloud_sts20150401 import models  # noqa: E402
from alibabacloud_sts20150401.client import Client  # noqa: E402
from alibabacloud_tea_openapi import models as openapi  # noqa: E402
from darabonba.exceptions import DaraException  # noqa: E402

SESSION_NAME = "foreign-client"


def client():
    return Client(
        openapi.Config(
            region_id="cn-hangzhou",
            access_key_id=os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            access_key_secret=os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
            ca=os.environ["SSL_CERT_FILE"],
        )
    )


def assume_role_with_oidc(chosen):
    with open(chosen.token_file) as file:
        token = file.read()
    return session(
        client()
        .assume_role_with_oidc(
            models.AssumeRoleWithOIDCRequest(
                role_arn=chosen.role,
                oidcprovider_arn=chosen.provider,
                oidctoken=token,
                role_session_name=SESSION_NAME,
                duration_seconds=chosen.seconds,
            )
        )
        .body
    )


def assume_role(chosen):
    return session(
        client()
        .assume_role(
            models.AssumeRoleRequest(
                role_arn=chosen.role,
                role_session_name=SESSION_NAME,
                duration_seconds=chosen.seconds,
                policy=chosen.policy,
            )
        )
        .body
    )


def session(body):
    given = body.credentials
    return {
        "kind": "session",
        "id": given.access_key_id,
        "secret": given.access_key_secret,
        "securityToken": given.security_token,
        "expiration": given.expiration,
        "arn": body.assumed_role_user.arn,
    }


def caller_identity(_):
    body = client().get_caller_identity().body
    return {"kind": "identity", "arn": body.arn, "type": body.identity_type, "account": body.account_id}


def chain(chosen):
    """The library's own chain: an OIDC token, a role by it, and a role assumed from that one."""
    by_token = OIDCRoleArnCredentialsProvider(
        role_arn=chosen.role,
        oidc_provider_arn=chosen.provider,
        oidc_token_file_path=chosen.token_file,
        role_session_name=SESSION_NAME,
    )
    given = RamRoleArnCredentialsProvider(
        credentials_provider=by_token, role_arn=chosen.next_role, role_session_name=SESSION_NAME
    ).get_credentials()
    return {
        "kind": "session",
        "id": given.get_access_key_id(),
        "secret": given.get_access_key_secret(),
        "securityToken": given.get_security_token(),
    }


CALLS = {
    "assume-role-with-oidc": assume_role_with_oidc,
    "assume-role": assume_role,
    "caller-identity": caller_identity,
    "chain": chain,
}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("call", choices=CALLS)
    options.add_argument("--role")
    options.add_argument("--next-role")
    options.add_argument("--provider")
    options.add_argument("--token-file")
    options.add_argument("--policy")
    options.add_argument("--seconds", type=int)
    chosen = options.parse_args()
    try:
        outcome = CALLS[chosen.call](chosen)
    except DaraException as refusal:
        outcome = {"kind": "refused", "status": getattr(refusal, "status_code", None), "code": refusal.code}
    except CredentialException as refusal:
        outcome = {"kind": "failed", "message": refusal.message}
    json.dump(outcome, sys.stdout)
    print()


main()
