namespace Router.Configuration;

public static class ManagementReader
{
    private const int MinToken = 16;
    private const string TokenHint = "Create one with: openssl rand -hex 24";

    /// <summary>Reads <c>Router:Management</c> and records the errors.</summary>
    public static ManagementSettings Read(ConfigurationReader reader)
    {
        var chosen = reader.Has("Url");
        var url = reader.Text("Url") ?? (chosen ? null : ManagementSettings.DefaultUrl);
        var settings = new ManagementSettings
        {
            Url = url,
            IsChosen = chosen,
            Token = Token(reader, "Token"),
            ReadToken = Token(reader, "ReadToken"),
            HasPage = reader.Flag("Page", otherwise: true),
        };
        CheckReadToken(reader, settings);
        if (url is not null && !ListenAddress.IsValid(url))
            reader.AddError("Url", ListenAddress.Problem(url), $"{ListenAddress.Hint}; empty for no management interface");
        else if (url is not null && settings.Token is null && !LocalAddress.IsLoopback(BindingAddress.Parse(url).Host))
            reader.AddError(
                "Token",
                "is not set, and the management interface would listen beyond this machine",
                $"Set Token or TokenFile, or listen on 127.0.0.1. {TokenHint}"
            );
        reader.RefuseUnknownKeys();
        return settings;
    }

    private static void CheckReadToken(ConfigurationReader reader, ManagementSettings settings)
    {
        if (settings.ReadToken is not { Length: >= MinToken } read)
            return;
        if (settings.Token is null)
            reader.AddError(
                "ReadToken",
                "is set without Token, so anyone on this machine could change the mode and only readers would need a token",
                "Set Token or TokenFile too, or remove ReadToken"
            );
        else if (settings.Token == read)
            reader.AddError("ReadToken", "is the same as Token, so a reader could change the mode", $"Use another one. {TokenHint}");
    }

    private static string? Token(ConfigurationReader reader, string name)
    {
        var (fileKey, key, token) = ($"{name}File", name, reader.Text(name));
        if (reader.FilledText(fileKey, "Name a file that holds the token, or remove the setting") is { } file)
        {
            if (token is not null)
                reader.AddError(fileKey, $"is set together with {name}", "Remove one of them");
            (key, token) = (fileKey, ReadFile(reader, fileKey, file));
        }
        else if (token is null && reader.Has(name))
        {
            reader.AddError(name, "is empty", $"{TokenHint}, or remove the setting");
        }

        // The text is not part of the message: it is a secret.
        if (token?.Length < MinToken)
            reader.AddError(key, $"has {token.Length} characters", $"Give at least {MinToken}. {TokenHint}");
        else if (!ManagementSettings.MayBeToken(token))
            reader.AddError(key, "has characters that a header must not contain", $"Use letters and digits. {TokenHint}");
        return token;
    }

    private static string? ReadFile(ConfigurationReader reader, string key, string file)
    {
        try
        {
            if (File.ReadAllText(file).Trim() is { Length: > 0 } token)
                return token;
            reader.AddError(key, $"'{file}' is empty", TokenHint);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            reader.AddError(key, $"'{file}' can't be read ({error.Message.TrimEnd('.')})", "Name a file that holds the token");
        }

        return null;
    }
}
