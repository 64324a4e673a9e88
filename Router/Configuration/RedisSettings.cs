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
    /// <c>host:port,host:port,password=…,ssl=true</c>. Never throws, and gives no reason: it could show the password.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ConfigurationOptions? options)
    {
        options = text.Contains("://", StringComparison.Ordinal) ? FromUri(text) : FromOwnForm(text);
        return options is not null;
    }

    private static ConfigurationOptions? FromUri(string text)
    {
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("redis" or "rediss")
            || uri.Host is ""
            || uri.Query is not ""
            || uri.Fragment is not ""
        )
            return null;
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

        if (uri.AbsolutePath is "/" or "")
            return options;
        if (!ushort.TryParse(uri.AbsolutePath.AsSpan(1), out var database))
            return null;
        options.DefaultDatabase = database;
        return options;
    }

    private static ConfigurationOptions? FromOwnForm(string text)
    {
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
