"""The service's description of itself (/openapi.json), judged by tools we did not write, against a running `alc serve`.

Usage: description_check.py BINARIES FOLDER. Prints a line per check, `ok` or `FAILED`.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.request

from openapi_spec_validator import validate

HERE = pathlib.Path(__file__).parent
SCOPES = ["leads:read", "leads:write", "webhooks:read", "webhooks:write"]


def main(alc: pathlib.Path, folder: pathlib.Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "alc.db"
    for old in folder.glob("alc.db*"):
        old.unlink()
    environment = os.environ | {
        "ALC_PROFILE": "test",
        "ALC_LOG__FILTER": "warn",
        "ALC_DATABASE__URL": f"sqlite://{database}",
        # How often it is asked is not what is tried here, nor how many webhooks one may have.
        "ALC_LIMITS__REQUESTS_PER_MINUTE": "0",
        "ALC_WEBHOOKS__MOST_PER_GRANT": "100000",
        # A webhook that is delivered to goes nowhere, and soon.
        "ALC_WEBHOOKS__TIMEOUT_MS": "200",
    }
    serve = [alc, "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True) as service:
        try:
            line = service.stdout.readline().strip()
            url = line.removeprefix("alc listening on ")
            if url == line:
                print(f"FAILED  the service did not say where it listens, but: {line!r}")
                return False
            create = [alc, "--json", "token", "create", "--workspace", "acme", "--scope", *SCOPES]
            made = subprocess.run(create, env=environment, check=True, capture_output=True, text=True)
            token = json.loads(made.stdout)["access_token"]
            # What leads name, so that one which names it can be taken.
            keep = [alc, "campaign", "set", "--workspace", "acme", "--name", "default", "--company", "Acme", "--offer", "Hello."]
            subprocess.run(keep, env=environment, check=True, stdout=subprocess.DEVNULL)
            return all([is_openapi(url), is_kept(url, token, folder)])
        finally:
            service.terminate()


def is_openapi(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/openapi.json") as answer:
        description = json.load(answer)
    try:
        validate(description)
    except Exception as error:  # Whatever it finds wrong.
        print(f"FAILED  the description is OpenAPI 3.1: {str(error)[:2000]}")
        return False
    print("ok      the description is OpenAPI 3.1")
    return True


def is_kept(url: str, token: str, folder: pathlib.Path) -> bool:
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    command = [program, "--config-file", HERE / "schemathesis.toml", "run", f"{url}/openapi.json", "--no-color"]
    hooks = {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)}
    ended = subprocess.run(
        [*command, "--header", f"Authorization: Bearer {token}"],
        env=os.environ | hooks | {"COLUMNS": "120"},
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ended.returncode != 0:
        print(ended.stdout)
        print("FAILED  the service keeps what the description promises")
        return False
    generated = next((line.strip() for line in ended.stdout.splitlines() if " generated" in line), "")
    print(f"ok      the service keeps what the description promises ({generated})")
    return True


if __name__ == "__main__":
    sys.exit(0 if main(pathlib.Path(sys.argv[1]) / "alc", pathlib.Path(sys.argv[2])) else 1)
