# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RepositoryConnectionType(OpenEnum):
    """Kind of the host of a connection, in Buildkite's words.

    - `github_app`
    - `github_code_access_app`
    - `github_enterprise_app`
    - `github_restricted_app`
    - `github_enterprise`
    - `bitbucket_server`
    - `gitlab_self_managed`
    - `cursor_origin_app`"""

    BITBUCKET_SERVER = "bitbucket_server"
    CURSOR_ORIGIN_APP = "cursor_origin_app"
    GITHUB_APP = "github_app"
    GITHUB_CODE_ACCESS_APP = "github_code_access_app"
    GITHUB_ENTERPRISE = "github_enterprise"
    GITHUB_ENTERPRISE_APP = "github_enterprise_app"
    GITHUB_RESTRICTED_APP = "github_restricted_app"
    GITLAB_SELF_MANAGED = "gitlab_self_managed"
