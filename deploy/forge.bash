# The forge's interface (GitHub's REST, which others speak too). Sourced by bash.
# FORGE_TOKEN is the secret; FORGE_API its address, otherwise GitHub's own; FORGE_REPOSITORY is owner/name, otherwise that of the remote origin.
forge_api=${FORGE_API:-https://api.github.com}

# forge METHOD PATH [JSON]: prints the body of the response, and fails unless the status is 2xx. A redirect means that the
# repository has moved, and that nothing was done.
forge() {
    local response
    # The secret goes in by a file that is no file: a command line can be read by everybody on the machine.
    response=$(curl --silent --show-error --max-time 30 --request "$1" --header @<(printf 'Authorization: Bearer %s\n' "$FORGE_TOKEN") \
        --header "Accept: application/vnd.github+json" --header "Content-Type: application/json" ${3:+--data "$3"} \
        --write-out '\n%{http_code}' "$forge_api/repos/$forge_repository/$2") || return 1
    printf '%s\n' "${response%$'\n'*}"
    [[ ${response##*$'\n'} == 2* ]]
}

require_forge() {
    [[ -n ${FORGE_TOKEN:-} ]] || fail "FORGE_TOKEN is not set. Give a token that may write to the repository"
    forge_repository=${FORGE_REPOSITORY:-$(git -C "$here" remote get-url origin | sed -E 's#(\.git)?/?$##; s#^.*[:/]([^/:]+/[^/]+)$#\1#')}
    [[ $forge_repository =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$ ]] || fail "FORGE_REPOSITORY is '$forge_repository'. Give owner/name"
}
