"""Messages arrive as they were written: through Apprise at a real SMTP server on this machine."""

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from wentong import alerts
from wentong.alerts import Message, send
from wentong.errors import WentongError
from wentong.postgres import free_port

MESSAGE = Message(
    "【文统】开平市10月14日:未报1个", "一、谁还没有报\n- 水口镇", "<h3>一、谁还没有报</h3><p>水口镇 &amp; 其他</p>"
)


class Inbox:
    """What a mail server received; refuses mail for an address that begins with full."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("full"):
            return "552 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        found = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, str]]:
    """A mail server: its inbox and the beginning of an Apprise address to it."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield inbox, f"mailto://127.0.0.1:{controller.port}?from=wentong@example.cn&to="
    controller.stop()


def test_a_mail_arrives_in_chinese(mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    send(MESSAGE, [address + "bureau@example.cn"])
    (found,) = inbox.mails
    assert found["Subject"] == MESSAGE.subject
    assert "bureau@example.cn" in found["To"]
    html = found.get_body(("html",))
    plain = found.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "水口镇 &amp; 其他" in html.get_content()
    assert "一、谁还没有报" in plain.get_content()


def test_every_channel_is_tried_and_the_refusing_one_is_named(mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    with pytest.raises(WentongError, match=r"full@example\.cn") as refused:
        send(MESSAGE, [address + "full@example.cn", address + "bureau@example.cn"])
    assert "bureau" not in str(refused.value)
    assert len(inbox.mails) == 1


def test_no_server_answers() -> None:
    with pytest.raises(WentongError, match=r"a@example\.cn"):
        send(MESSAGE, [f"mailto://user:secret-word@127.0.0.1:{free_port()}?from=b@example.cn&to=a@example.cn"])


def test_an_incomplete_address_is_not_repeated() -> None:
    with pytest.raises(WentongError, match="wxwork://") as wrong:
        send(MESSAGE, ["wxwork://secret-word"])
    assert "secret-word" not in str(wrong.value)


@pytest.mark.parametrize("url", ["wecombot://secret-word-1", "dingtalk://secretword1", "feishu://secret-word-1"])
def test_robots_are_remembered_without_their_secrets(url: str) -> None:
    one, other = (alerts._recipient(alerts._channel(url + more)) for more in ("", "2"))
    assert one != other
    assert "secret" not in one
    assert one.startswith(url.partition(":")[0])


def test_text_goes_to_robots_in_parts_they_take() -> None:
    channel = alerts._channel("wecombot://secret-word-1")
    sent: list[tuple[str, str]] = []
    channel.send = lambda body, title="", **_: sent.append((title, body)) or True
    alerts._deliver(Message(MESSAGE.subject, "水口镇\n" * 900, "<p>"), channel)
    assert len(sent) > 1
    assert all(len((title + body).encode()) <= 2048 for title, body in sent)
    assert sum(body.count("水口镇") for _, body in sent) == 900
    assert "<p>" not in sent[0][1]
