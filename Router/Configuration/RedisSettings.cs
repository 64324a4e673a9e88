using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace Router.Configuration;

/// <summary>How to connect to Redis, from <c>Router:ModeStore:Redis</c>. Not a record: its text would show the password.</summary>
/// <param name="options">Addresses, user, password, TLS.</param>
public sealed class RedisSettings(ConfigurationOptions options)
{
    private const int DefaultPort = 6379;

    /// <summary>Addresses, user, password, TLS.</summary>
    public ConfigurationOptions Options => options;

    /// <summary>The prefix of its key names. Default <c>router</c>.</summary>
    public string Prefix { get; init; } = "router";

    /// <summary>The PEM file of the authorities that validate its certificate; null for the system's.</summary>
    public string? CertificateAuthorities { get; init; }

    /// <summary>
    /// Reads <c>redis://[user:password@]host[:port][/database]</c>, <c>rediss://</c> for TLS, or the client library's own form,
    /// <c>host:port,host:port,password=…,ssl=true</c>. Never throws.
    /// </summary>
    /// <param name="options">Addresses, user, password, TLS.</param>
    /// <param name="problem">What is wrong, in words of its own: a part of the text could show the password.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ConfigurationOptions? options, out string problem)
    {
        options = text.Contains("://", StringComparison.Ordinal) ? FromUri(text, out problem) : FromOwnForm(text, out problem);
        return options is not null;
    }

    private static ConfigurationOptions? FromUri(string text, out string problem)
    {
        problem =
            !text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase)
            && !text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase)
                ? "does not begin with redis:// or rediss://"
            : !Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.Host is "" ? "has no valid host, or a port above 65535"
            : parsed.Query is not "" || parsed.Fragment is not "" ? "has a '?' or '#', which cannot be part of it"
            : parsed.AbsolutePath is not ("" or "/") && !ushort.TryParse(parsed.AbsolutePath.AsSpan(1), out _)
                ? "has a path that is not the number of a database"
            : "";
        if (problem is not "")
            return null;
        var uri = new Uri(text);
        var options = new ConfigurationOptions
        {
            Ssl = uri.Scheme is "rediss",
            EndPoints = { { uri.IdnHost, uri.IsDefaultPort ? DefaultPort : uri.Port } },
        };
        if (uri.UserInfo is not "")
        {
            var (user, password) = uri.UserInfo.Split(':', 2) is [var first, var second] ? (first, second) : (uri.UserInfo, "");
            options.User = user is "" ? null : Uri.UnescapeDataString(user);
            options.Password = Uri.UnescapeDataString(password);
        }

        if (ushort.TryParse(uri.AbsolutePath.TrimStart('/'), out var database))
            options.DefaultDatabase = database;
        return options;
    }

    private static ConfigurationOptions? FromOwnForm(string text, out string problem)
    {
        problem = "is neither a redis:// URL nor host:port with options that the client library knows";
        try
        {
            var options = ConfigurationOptions.Parse(text);
            return options.EndPoints.Count > 0 ? options : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
            return null;
        }
    }
}
