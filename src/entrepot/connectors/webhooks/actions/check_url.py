"""Check a URL that something is to be sent to, before anything is written."""

from entrepot.connectors.webhooks import errors
from entrepot.infra.outgoing import (
    AddressNotAllowedError,
    Guard,
    HostNotFoundError,
    UrlNotValidError,
)
from entrepot.kernel.refusal import Refusal, refuse


async def check_url(guard: Guard, url: str) -> Refusal | None:
    """Whether something may be sent to a URL now; it is checked again at each delivery.

    Refuses `webhooks.url_not_valid`, `webhooks.address_not_found` and
    `webhooks.address_not_allowed`. It asks the name server, so call it outside any transaction.
    """
    try:
        target = guard.read_url(url)
        await guard.addresses_of(target.host, target.port)
    except UrlNotValidError as error:
        return refuse(errors.URL_NOT_VALID, str(error), field="url")
    except HostNotFoundError:
        return refuse(
            errors.ADDRESS_NOT_FOUND,
            "The host of this URL has no address. Check its spelling, or try again later.",
            field="url",
        )
    except AddressNotAllowedError:
        return refuse(
            errors.ADDRESS_NOT_ALLOWED,
            "The host of this URL lies inside a network. Give one on the public internet.",
            field="url",
        )
    return None
