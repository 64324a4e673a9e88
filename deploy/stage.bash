# What the scripts of this directory share. Sourced by bash; stage is set.
here=$(dirname "${BASH_SOURCE[0]}")
vars=${VARS_DIRECTORY:-$here/vars}
application=${APPLICATION_NAME:-router}

# fail MESSAGE: wrong use, or something that is missing.
fail() {
    echo "$1" >&2
    exit 2
}

require_stage() {
    [[ ${stage:-} =~ ^[a-z][a-z0-9-]*$ && $stage != common && -r $vars/$stage.yml ]] ||
        fail "there is no stage '${stage:-}' in $vars. Stages: $(find "$vars" -name '*.yml' ! -name common.yml -printf '%f\n' | sed 's/\.yml$//' | sort | paste -sd' ')"
}

# known_modes: the modes that Router has, which its management interface lists.
known_modes() {
    jq --raw-output '.components.schemas.Change.properties.mode.enum | join(", ")' "$here/../Router/Management/openapi.json"
}

# is_mode NAME: whether Router has this mode.
is_mode() {
    [[ $1 =~ ^[a-z-]+$ && ", $(known_modes), " == *", $1, "* ]]
}

require_mode() {
    is_mode "$1" || fail "there is no mode '$1'. Choose one of $(known_modes)"
}

# read_vars FILE: its lines "key: value" into the array value. What has another form is passed to error.
declare -A value=()
read_vars() {
    local file=$1 line number=0
    if [[ ! -r $file ]]; then
        error "$file can't be read"
        return
    fi
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1))
        if [[ $line =~ ^[[:space:]]*(#.*)?$ ]]; then continue; fi
        if [[ $line =~ ^([a-z][a-z0-9_]*):[[:space:]]*(.*[^[:space:]])[[:space:]]*$ ]]; then
            value[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
        else
            error "$file:$number: '$line' is not of the form key: value"
        fi
    done <"$file"
}

# var KEY: the stage's value, otherwise the common one.
var() (
    error() { fail "$1"; }
    read_vars "$vars/common.yml"
    read_vars "$vars/$stage.yml"
    [[ -n ${value[$1]:-} ]] || fail "$1 is not set. Set it in $vars/$stage.yml"
    echo "${value[$1]}"
)

# status_host: where the stage's Router itself responds, and not an application.
status_host() {
    echo "$application-$stage.$(var private_domain)"
}

# The exit code of status if Router responds, but does not show its mode to this machine. Those of curl are below it.
not_listed=100
not_listed_text="does not show its mode to this machine. Add its address to the allow list that Router:StatusAccess names"

# status HOST [CURL OPTION...]: what /_status says there. Without a mode it is what Router says to those that StatusAccess does not list: it
# must not pass for an instance with nothing in flight.
status() {
    local response
    response=$(curl --silent --show-error --fail --max-time 5 "${@:2}" "${STATUS_SCHEME:-https}://$1/_status") || return
    if ! jq --exit-status '.mode' <<<"$response" >/dev/null; then
        echo "$1 $not_listed_text." >&2
        return "$not_listed"
    fi
    echo "$response"
}
