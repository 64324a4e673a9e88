using System.Net;

namespace Router.Configuration;

public static class ManagementReader
{
    private const int ShortestToken = 16;
    private const string TokenCure = "Make one with: openssl rand -hex 24";

    /// <summary>Reads <c>Router:Management</c> and records the errors.</summary>
    public static ManagementSettings Read(ConfigurationReader reader)
    {
        var chosen = reader.Has("Url");
        var url = reader.Text("Url") ?? (chosen ? null : ManagementSettings.DefaultUrl);
        var settings = new ManagementSettings
        {
            Url = url,
            IsChosen = chosen,
            Token = Token(reader),
        };
        if (url is not null && Host(url) is not { } host)
            reader.Fault(
                "Url",
                $"'{url}' is not an address to listen on",
                $"Give scheme, host and port, such as {ManagementSettings.DefaultUrl}; empty for no management interface"
            );
        else if (url is not null && settings.Token is null && !IsLoopback(Host(url)!))
            reader.Fault(
                "Token",
                "is not set, and the management interface would listen beyond this machine",
                $"Set Token or TokenFile, or listen on 127.0.0.1. {TokenCure}"
            );
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static string? Host(string url)
    {
        try
        {
            return
                BindingAddress.Parse(url) is { Scheme: "http" or "https", PathBase: "", Port: >= 0 and <= 65535 } address
                && !url.Contains(';', StringComparison.Ordinal)
                ? address.Host
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string? Token(ConfigurationReader reader)
    {
        var (key, token) = ("Token", reader.Text("Token"));
        if (reader.Text("TokenFile") is { } file)
        {
            if (token is not null)
                reader.Fault("TokenFile", "is set beside Token", "Keep one of them");
            (key, token) = ("TokenFile", ReadFile(reader, file));
        }
        else if (token is null && reader.Has("Token"))
        {
            reader.Fault("Token", "is empty", $"{TokenCure}, or take the setting away");
        }

        // The text is not part of the message: it is a secret.
        if (token?.Length < ShortestToken)
            reader.Fault(key, $"has {token.Length} characters", $"Give at least {ShortestToken}. {TokenCure}");
        else if (!ManagementSettings.MayBeToken(token))
            reader.Fault(key, "has characters that no header field may have", $"Use letters and digits. {TokenCure}");
        return token;
    }

    private static string? ReadFile(ConfigurationReader reader, string file)
    {
        try
        {
            if (File.ReadAllText(file).Trim() is { Length: > 0 } token)
                return token;
            reader.Fault("TokenFile", $"'{file}' is empty", TokenCure);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reader.Fault("TokenFile", $"'{file}' can't be read ({error.Message.TrimEnd('.')})", "Name a file that holds the token");
        }

        return null;
    }
}
