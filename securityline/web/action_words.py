"""Why an action with consequences is where it is, for its translation; see `reason_words`."""

from typing import Final

from securityline.web.reasons import Grammar
from securityline.web.words import N_

ACTION: Final = Grammar(
    N_("nobody agreed in time"),
    N_("withdrawn by %(operator)s: %(text)s"),
    N_("withdrawn by %(operator)s"),
    N_("rejected by %(operator)s: %(text)s"),
    N_("rejected by %(operator)s"),
    N_("the case is not open"),
    N_("no answer"),
    N_("no answer in time"),
    N_("no connection"),
    N_("address not allowed"),
    N_("certificate not accepted"),
    N_("no webhook is configured for it"),
    N_("its webhook cannot be used: %(text)s"),
    N_("status %(num)d"),
)
