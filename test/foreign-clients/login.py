"""Logs in with Alibaba Cloud's own Python SDK and prints what came of it as one line of JSON.

The SDK finds the proxy in HTTPS_PROXY by itself, and gets its keys and the certificate authority from the
environment here.
"""

import argparse
import json
import os
import sys

from alibabacloud_cr20160607.client import Client as PersonalClient
from alibabacloud_cr20181201 import models
from alibabacloud_cr20181201.client import Client as EnterpriseClient
from alibabacloud_tea_openapi import models as openapi
from darabonba.exceptions import DaraException
from darabonba.runtime import RuntimeOptions

import tricks


def configuration(region, signature):
    return openapi.Config(
        region_id=region,
        access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
        # The SDK's own word for the older way of signing.
        signature_algorithm="v2" if signature == "HMAC-SHA1" else None,
        ca=os.environ["SSL_CERT_FILE"],
    )


def enterprise_login(config, instance):
    client = EnterpriseClient(config)
    token = client.get_authorization_token(models.GetAuthorizationTokenRequest(instance_id=instance)).body
    if not token.is_success:
        return {"kind": "refused", "status": 200, "code": token.code}
    endpoints = client.list_instance_endpoint(models.ListInstanceEndpointRequest(instance_id=instance)).body
    return {
        "kind": "logged in",
        "userName": token.temp_username,
        "token": token.authorization_token,
        "expiresAtMs": token.expire_time,
        "domains": [domain.domain for endpoint in endpoints.endpoints for domain in endpoint.domains],
    }


def personal_login(config):
    # The SDK's own method for this operation drops the body of the answer, so it is called one layer below.
    operation = openapi.Params(
        action="GetAuthorizationToken",
        version="2016-06-07",
        protocol="HTTPS",
        pathname="/tokens",
        method="GET",
        auth_type="AK",
        style="ROA",
        req_body_type="json",
        body_type="json",
    )
    answer = PersonalClient(config).call_api(operation, openapi.OpenApiRequest(), RuntimeOptions())
    data = answer["body"]["data"]
    return {
        "kind": "logged in",
        "userName": data["tempUserName"],
        "token": data["authorizationToken"],
        "expiresAtMs": data["expireDate"],
        "domains": [f"registry.{config.region_id}.aliyuncs.com"],
    }


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--region", default="cn-hangzhou")
    options.add_argument("--instance", help="an Enterprise instance's id; Personal Edition if left out")
    options.add_argument("--signature", choices=["ACS3-HMAC-SHA256", "HMAC-SHA1"], default="ACS3-HMAC-SHA256")
    tricks.add_options(options)
    chosen = options.parse_args()
    tricks.play(chosen)
    config = configuration(chosen.region, chosen.signature)
    try:
        outcome = enterprise_login(config, chosen.instance) if chosen.instance else personal_login(config)
    except DaraException as refusal:
        outcome = {"kind": "refused", "status": getattr(refusal, "status_code", None), "code": refusal.code}
    json.dump(outcome, sys.stdout)
    print()


main()
