using System.Net;
using Router.Configuration;

namespace Router.Access;

/// <summary>
/// Who may read <c>/_status</c> and <c>/_metrics</c> on the site's port: they name the operator and the ticket of a switch.
/// </summary>
public sealed class StatusAccess
{
    private readonly AllowList? _list;
    private readonly bool _isForNobody;

    /// <summary>Creates it from valid settings.</summary>
    public StatusAccess(RouterSettings settings)
    {
        _isForNobody = IsFor(settings, RuleSettings.None);
        if (!_isForNobody && settings.FindAllowList(settings.StatusAccess) is { } list)
            _list = new AllowList(list);
    }

    /// <summary>Whether every client may.</summary>
    public bool IsForEveryone => !_isForNobody && _list is null;

    /// <summary>Whether a client may.</summary>
    public bool Allows(IPAddress client) => !_isForNobody && (_list is null || _list.Contains(client));

    /// <summary>Records the errors of the setting.</summary>
    public static void Check(RouterSettings settings, ValidationErrors errors)
    {
        const string key = $"{ConfigurationSections.Router}:StatusAccess";
        if (IsFor(settings, RuleSettings.None))
        {
            if (settings.Management.Url is null)
                errors.Add(
                    key,
                    "is none, and there is no management interface, so nobody could read the status or the metrics",
                    "Name an allow list, or set Router:Management:Url"
                );
        }
        else if (!IsFor(settings, RuleSettings.Everyone) && settings.FindAllowList(settings.StatusAccess) is null)
        {
            errors.AddUnknownName(
                key,
                settings.StatusAccess,
                AllowListSettings.Kind,
                settings.AllowLists.Select(list => list.Name),
                $", {RuleSettings.Everyone}, or {RuleSettings.None} for the management interface only"
            );
        }
    }

    private static bool IsFor(RouterSettings settings, string keyword) =>
        string.Equals(settings.StatusAccess, keyword, StringComparison.OrdinalIgnoreCase);
}
