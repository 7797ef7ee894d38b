"""What the desk is given of the product."""

from typing import TYPE_CHECKING

from securityline.web.ports import WebServices
from securityline.web.sessions import SessionLimits

if TYPE_CHECKING:
    from securityline.product import Product


def desk_services(product: "Product", version: str) -> WebServices:
    """Hand over what pages and the API may read, and the doors through which they act."""
    config = product.config
    return WebServices(
        engine=product.engine,
        logbook=product.logbook,
        directory=product.directory,
        accounts=product.accounts,
        recording_path=product.recordings.find,
        clock=product.clock,
        health=product.readiness.reasons,
        degraded=product.readiness.degraded,
        metrics=product.metrics,
        alarms=product.alarm_door,
        watch=product.vigilance.door,
        browser_phones=product.telephony.exchange.browsers,
        version=version,
        time_zone=product.time_zone,
        is_emergency_live=config.live_emergency_calls,
        totp=config.web.totp,
        media_priority=lambda: product.media.report.priority if product.media.report else "",
        public_url=config.web.public_url,
        proxies=config.web.proxies,
        session_limits=SessionLimits(
            longest=config.web.session_time, idle=config.web.session_idle_time
        ),
        authenticators=product.accounts.authenticators,
    )
