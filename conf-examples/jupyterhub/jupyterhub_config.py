# JupyterHub behind the gateway: who a request comes from is what the gateway
# says in X-User-Id, on every request, and nothing else.
#
# Written for JupyterHub 5 and 6.  See README.md for what must stand around
# it: nobody but the gateway may be able to reach this hub.

import re
import uuid

from jupyterhub import orm
from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from traitlets import Unicode


class GatewayAuthenticator(Authenticator):
    """Signs people in as whom the gateway has verified."""

    header = Unicode(
        "X-User-Id", config=True, help="The header that the gateway sets.")

    # Names are taken as they are: no case folding, no trimming, so that two
    # people of the gateway are never one user here.

    name_pattern = Unicode(
        r"[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?", config=True,
        help="What a whole user name looks like.")

    auto_login = True

    def normalize_username(self, username):
        return username

    def validate_username(self, username):
        return (re.fullmatch(self.name_pattern, username) is not None
                and ".." not in username)

    def gateway_user(self, handler):
        """The one valid name in the header, or None."""

        values = handler.request.headers.get_list(self.header)

        if len(values) != 1 or not self.validate_username(values[0]):
            return None

        return values[0]

    async def authenticate(self, handler, data=None):
        return self.gateway_user(handler)


# An authenticator is asked when somebody signs in, and then JupyterHub goes by
# its cookie: for days, and whoever the gateway has in front of it by then.
# (Authenticator.refresh_user isn't the remedy: its clock runs per user, not
# per browser.)  So the two places where a request becomes a user are narrowed
# to the user of the header.

by_cookie = BaseHandler.get_current_user_cookie
by_token = BaseHandler.get_token


def get_current_user_cookie(self):
    """A cookie is worth something only to the user whom the header names."""

    user = by_cookie(self)
    if user is None:
        return None

    name = self.authenticator.gateway_user(self)
    if name == user.name:
        return user

    if name is not None:
        end_session(self, user, name)

    return None


def end_session(self, user, name):
    """Somebody else is at the browser now: what it had is taken from it."""

    if getattr(self, "_gateway_ended", False):
        return

    self._gateway_ended = True
    self.log.warning("Session of %s ended: now it is %s", user.name, name)

    session_id = self.get_session_cookie()
    if session_id:
        for token in self.db.query(orm.APIToken).filter_by(
                user_id=user.id, session_id=session_id):
            self.db.delete(token)
        self.db.commit()

    self.clear_cookie(self.hub.cookie_name, path=self.hub.base_url)
    self._session_id = uuid.uuid4().hex
    self.set_session_cookie()


def get_token(self):
    """An API token is no way around the header, where there is one.

    Notebook servers and services talk to the hub directly, so their requests
    have none.
    """

    token = by_token(self)

    if (token is None or token.user is None
            or self.authenticator.header not in self.request.headers
            or token.user.name == self.authenticator.gateway_user(self)):
        return token

    self.log.warning("API token of %s refused: it is not theirs who sent it",
                     token.user.name)
    return None


BaseHandler.get_current_user_cookie = get_current_user_cookie
BaseHandler.get_token = get_token

c.JupyterHub.authenticator_class = GatewayAuthenticator

# the gateway has decided who may use this module of this tenant

c.Authenticator.allow_all = True

# the hub's proxy; on a machine of its own, or in a cluster, what keeps others
# out is the network (README.md)

c.JupyterHub.bind_url = "http://127.0.0.1:8000"
