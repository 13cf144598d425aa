"""Web Push: what a device is told while the app is closed, encrypted for its browser alone."""

from loyalty.push.encryption import LONGEST, encrypt
from loyalty.push.gateway import (
    EndpointRefused,
    Push,
    PushLater,
    PushRefused,
    SubscriptionGone,
    Urgency,
    check_endpoint,
    send,
)
from loyalty.push.models import PushSubscription
from loyalty.push.service import (
    ENDPOINT_MAX,
    PushNotHere,
    SubscriptionInvalid,
    drop,
    subscribe,
    subscribed_devices,
    subscription_of,
    unsubscribe,
)
from loyalty.push.vapid import VapidKey, authorization, contact_of, key_named, vapid_key

__all__ = [
    "ENDPOINT_MAX",
    "LONGEST",
    "EndpointRefused",
    "Push",
    "PushLater",
    "PushNotHere",
    "PushRefused",
    "PushSubscription",
    "SubscriptionGone",
    "SubscriptionInvalid",
    "Urgency",
    "VapidKey",
    "authorization",
    "check_endpoint",
    "contact_of",
    "drop",
    "encrypt",
    "key_named",
    "send",
    "subscribe",
    "subscribed_devices",
    "subscription_of",
    "unsubscribe",
    "vapid_key",
]
