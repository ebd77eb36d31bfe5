"""Ids of things that are there.

What Schemathesis takes for an id is made up, or of one answer or another: the key of this project, the member of that.
So nearly all it asks for is not found. In half of the examples `ids` puts things that belong together in their place,
fit for what the operation does to them.
"""

from server import Person, Refused, remember

# So many examples share a project, and a key that they leave alone; then come new ones.
SHARED = 50


class Living:
    def __init__(self, origin):
        self._origin = origin
        self._ada = Person(origin)
        self._left = 0

    def ids(self, operation, names):
        """An id for each of these parameters of the path; none when one of them is unknown."""
        try:
            return self._ids(operation, names)
        except Refused:
            # Another example archived the project, or revoked the key.
            self._left = 0
            return self._ids(operation, names)

    def _ids(self, operation, names):
        if self._left == 0:
            self._project = self._ada.new_project()
            self._key = self._ada.new_key(self._project)
            remember(self._origin, self._project, self._key["secret"], "Ada prefers plain words.")
            self._left = SHARED
        self._left -= 1
        makers = {
            "project_id": self._project_id,
            "key_id": self._key_id,
            "user_id": self._user_id,
            "memory_id": self._memory_id,
            "session_id": self._session_id,
            "token_id": self._token_id,
        }
        if any(name not in makers for name in names):
            return {}
        return {name: makers[name](operation, names) for name in names}

    def _project_id(self, operation, names):
        return self._ada.new_project()["id"] if operation == "archiveProject" else self._project["id"]

    def _key_id(self, operation, names):
        if operation not in ["revokeKey", "rotateKey", "endOverlap"]:
            return self._key["key"]["id"]
        key_id = self._ada.new_key(self._project)["key"]["id"]
        if operation == "endOverlap":
            self._ada.post(f"/projects/{self._project['id']}/keys/{key_id}/rotate")
        return key_id

    def _user_id(self, operation, names):
        user = self._ada.new_user()
        if "project_id" in names:
            self._ada.post(f"/projects/{self._project['id']}/members", {"email": user["email"], "role": "viewer"})
        return user["id"]

    def _memory_id(self, operation, names):
        remember(self._origin, self._project, self._key["secret"], "One to forget.")
        return self._ada.get(f"/projects/{self._project['id']}/memories?limit=1")["items"][0]["id"]

    def _session_id(self, operation, names):
        self._ada.sign_in()
        return self._ada.get("/me/sessions")["items"][0]["id"]

    def _token_id(self, operation, names):
        return self._ada.new_token()["token"]["id"]
