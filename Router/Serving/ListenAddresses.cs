using Router.Configuration;

namespace Router.Serving;

/// <summary>All addresses that a process would listen on.</summary>
public static class ListenAddresses
{
    /// <summary>The site's addresses followed by the management interface's.</summary>
    public static IReadOnlyList<ListenAddress> Of(IConfiguration configuration, StartOptions options, ManagementSettings management)
    {
        var site = OfSite(configuration, options, new ValidationErrors());
        return WithManagement(site, management);
    }

    private static ListenAddress[] WithManagement(IEnumerable<ListenAddress> site, ManagementSettings management) =>
        [.. site, .. management.Url is { } url ? new[] { new ListenAddress("Router:Management:Url", url) } : []];

    private static IEnumerable<ListenAddress> OfEndpoints(IConfiguration configuration) =>
        configuration
            .GetSection(ConfigurationSections.Endpoints)
            .GetChildren()
            .Select(endpoint => new ListenAddress($"{endpoint.Path}:Url", endpoint["Url"] ?? "")
            {
                IsHttp2Only = endpoint["Protocols"] == "Http2",
            });

    private static void AddOverlaps(IReadOnlyList<ListenAddress> addresses, ValidationErrors errors)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            if (addresses.Take(i).FirstOrDefault(addresses[i].Overlaps) is { } other)
                errors.Add(
                    addresses[i].Key,
                    $"{addresses[i].Url} is the same port as {other.Url} ({other.Key})",
                    "Give each address a port of its own"
                );
        }
    }

    /// <summary>
    /// Records the errors of a reload: the server closes the listeners of the endpoints that change before it opens their new ones, and if
    /// that fails, it only logs it.
    /// </summary>
    public static void CheckChange(IConfiguration running, IConfiguration read, ManagementSettings management, ValidationErrors errors)
    {
        var (before, after) = (OfEndpoints(running).ToArray(), OfEndpoints(read).ToArray());
        if ((before.Length == 0) != (after.Length == 0))
        {
            errors.Add(
                ConfigurationSections.Endpoints,
                after is [] ? "no longer has any endpoint" : "was empty at startup and now has endpoints",
                "Restart Router. It chooses between these endpoints and --urls only at startup"
            );
            return;
        }

        var all = WithManagement(after, management);
        AddOverlaps(all, errors);
        // A port that a running endpoint gives up with this change is still in use.
        foreach (
            var address in after.Where(address =>
                before.All(it => it.Url != address.Url) && !before.Any(it => it.Overlaps(address) && after.All(kept => kept.Url != it.Url))
            )
        )
        {
            if (address.Try(out _) is { } error)
                errors.Add(error.Key, error.Problem, error.Hint);
        }
    }

    /// <summary>The site's addresses: those of Kestrel's endpoints or, without any, those of the options and variables.</summary>
    public static IEnumerable<ListenAddress> OfSite(IConfiguration configuration, StartOptions options, ValidationErrors errors)
    {
        var endpoints = OfEndpoints(configuration).ToArray();
        return endpoints is not []
            ? endpoints
            : options
                .ListenUrls(errors)
                .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(url => new ListenAddress(options.ListenKey, url));
    }

    /// <summary>The addresses that cannot be listened on. Those in use by another process are returned separately.</summary>
    public static IReadOnlyList<ListenAddress> Check(
        IReadOnlyList<ListenAddress> addresses,
        IConfiguration configuration,
        ValidationErrors errors
    )
    {
        AddOverlaps(addresses, errors);
        var inUse = new List<ListenAddress>();
        for (var i = 0; i < addresses.Count; i++)
        {
            var address = addresses[i];
            if (address.Try(out var isInUse) is { } error && !isInUse)
                errors.Add(error.Key, error.Problem, error.Hint);
            if (isInUse)
                inUse.Add(address);
            if (
                address.Url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)
                && !address.Key.StartsWith($"{ConfigurationSections.Kestrel}:", StringComparison.Ordinal)
                && address.Key != "Router:Management:Url"
                && !configuration.GetSection(ConfigurationSections.Certificates).GetChildren().Any()
            )
            {
                errors.Add(
                    address.Key,
                    $"{address.Url} is https, and there is no certificate",
                    "Set Kestrel:Certificates:Default:Path and KeyPath"
                );
            }
        }

        return inUse;
    }

    /// <summary>Explains a failed start by trying each address: the framework's own exceptions do not name the address.</summary>
    public static string Explain(IReadOnlyList<ListenAddress> addresses, Exception failure) =>
        addresses.Select(address => address.Try(out _)).FirstOrDefault(error => error is not null) is { } found
            ? $"{found.Problem}. {found.Hint}."
            : $"Router can't listen on {string.Join(", ", addresses.Select(address => address.Url))}: "
                + $"{failure.GetBaseException().Message.TrimEnd('.')}.";
}
