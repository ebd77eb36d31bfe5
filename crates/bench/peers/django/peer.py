"""djangorestframework-api-key over SQLite: a whole Django project in one file.

    python peer.py seed          # makes the database anew, with the keys of PEER_KEYS
    gunicorn peer:application    # `GET /` with X-API-Key answers 200 if the key is accepted, else 403

PEER_FOLDER says where the database is. PEER_KEYS is a file with a key a line, each `prefix.secret` as the package makes
them: 8 characters, a dot, 32 characters.
"""

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

settings.configure(
    SECRET_KEY="only for a benchmark on this machine, signs nothing",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="peer",
    # Neither sessions, nor users, nor templates: what a bare API needs.
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    MIDDLEWARE=[],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(os.environ["PEER_FOLDER"]) / "django.db",
            # The connection is kept from request to request.
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"},
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    API_KEY_CUSTOM_HEADER="HTTP_X_API_KEY",
    USE_TZ=True,
)
django.setup()

# Django is read only once it is configured.
from django.urls import path  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402
from rest_framework_api_key.permissions import HasAPIKey  # noqa: E402


class Check(APIView):
    """Answers who has a key."""

    permission_classes = [HasAPIKey]

    def get(self, request):
        return Response("ok")


urlpatterns = [path("", Check.as_view())]
application = get_wsgi_application()


def seed():
    """Rows as the package's own manager makes them, but thousands at a time."""
    call_command("migrate", verbosity=0)
    generator = APIKey.objects.key_generator
    rows = []
    for key in Path(os.environ["PEER_KEYS"]).read_text().split():
        prefix = key.partition(".")[0]
        hashed = generator.hash(key)
        rows.append(APIKey(id=f"{prefix}.{hashed}", prefix=prefix, hashed_key=hashed, name="peer"))
    APIKey.objects.bulk_create(rows, batch_size=1000)


if __name__ == "__main__":
    if sys.argv[1:] != ["seed"]:
        sys.exit("say `python peer.py seed`")
    seed()
