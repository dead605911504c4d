"""What the cloud must not fall for. The SDK still signs and sends; only what goes into a signature, or what
becomes of a signed request, is changed."""

from datetime import datetime, timedelta, timezone

from alibabacloud_tea_openapi.utils import Utils
from darabonba.core import DaraCore


def add_options(options):
    options.add_argument("--clock-offset-seconds", type=int)
    options.add_argument("--nonce", help="for every request")
    options.add_argument("--alter", choices=["signature", "parameter"])
    options.add_argument("--replay", action="store_true", help="send every request twice, bit by bit the same")


def play(chosen):
    if chosen.clock_offset_seconds is not None:
        set_clock(chosen.clock_offset_seconds)
    if chosen.nonce is not None:
        Utils.get_nonce = staticmethod(lambda: chosen.nonce)
    if chosen.alter == "signature":
        before_sending(alter_signature)
    if chosen.alter == "parameter":
        before_sending(alter_parameter)
    if chosen.replay:
        send_twice()


def set_clock(offset_seconds):
    now = datetime.now(timezone.utc) + timedelta(seconds=offset_seconds)
    Utils.get_timestamp = staticmethod(lambda: now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    Utils.get_date_utcstring = staticmethod(lambda: now.strftime("%a, %d %b %Y %H:%M:%S GMT"))


def before_sending(change):
    send = DaraCore.do_action

    def change_and_send(request, *runtime):
        change(request)
        return send(request, *runtime)

    DaraCore.do_action = staticmethod(change_and_send)


def alter_signature(request):
    for fields in (request.headers, request.query):
        for name in ("Authorization", "authorization", "Signature"):
            if name in fields:
                fields[name] = with_another_letter_in_the_end(fields[name])


def with_another_letter_in_the_end(signature):
    # The last letter of Base64 before its padding may hold bits that mean nothing; the one before it does not.
    place = len(signature.rstrip("=")) - 2
    return signature[:place] + ("0" if signature[place] != "0" else "1") + signature[place + 1 :]


def alter_parameter(request):
    request.query["Added"] = "afterwards"


def send_twice():
    send = DaraCore.do_action

    def send_and_send_again(request, *runtime):
        send(request, *runtime)
        return send(request, *runtime)

    DaraCore.do_action = staticmethod(send_and_send_again)
