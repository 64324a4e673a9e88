using System.Globalization;
using Router.Configuration;
using Router.Serving;

namespace Router.Cli;

/// <summary>The address of the management interface that the tool uses, and the token for it.</summary>
/// <param name="Url">The address.</param>
/// <param name="Token">The secret; null if none is known.</param>
/// <param name="IsOwn">Whether it is the address from this machine's own configuration.</param>
public sealed record ManagementAccess(Uri Url, string? Token, bool IsOwn)
{
    /// <summary>What to do where the interface is another one, for messages.</summary>
    public const string Elsewhere = "Give its address with --url or ROUTER_URL.";

    /// <summary>
    /// The interface that the operator means: <c>--url</c>, otherwise <c>ROUTER_URL</c>, otherwise the one in this machine's configuration.
    /// </summary>
    /// <param name="options">The options with which a Router would be started here.</param>
    /// <param name="url">The option <c>--url</c>.</param>
    /// <param name="tokenFile">The option <c>--token-file</c>.</param>
    /// <exception cref="CommandFailedException">There is no such address, or the token cannot be read.</exception>
    public static ManagementAccess Find(StartOptions options, string? url, string? tokenFile)
    {
        var token = TokenOf(tokenFile, Said("ROUTER_TOKEN"));
        if ((url ?? Said("ROUTER_URL")) is { } text)
        {
            // The path would be dropped, and the command would go to whatever is at the root.
            return HttpAddress.TryParse(text, out var address) && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
                ? new ManagementAccess(address, token, IsOwn: false)
                : throw new CommandFailedException(ExitCode.WrongUse, NotAnAddress(text));
        }

        var (files, values) = (new ValidationErrors(), new ValidationErrors());
        var settings = LocalConfiguration.ReadManagement(LocalConfiguration.Read(options, files), values);
        // Do not guess: another instance may have the default address.
        if (files.All.FirstOrDefault(error => Path.IsPathRooted(error.Key)) is { } broken)
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"{broken} Or give its address with --url or ROUTER_URL, such as {ManagementSettings.DefaultUrl}."
            );
        if (
            token is null
            && values.All.FirstOrDefault(error => error.Key.EndsWith(":TokenFile", StringComparison.Ordinal)) is { } unreadable
        )
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"{unreadable} The tool also takes the token from --token-file or ROUTER_TOKEN."
            );
        return new ManagementAccess(OwnAddress(settings.Url), token ?? settings.Token, IsOwn: true);

        string? Said(string name) => options.Environment[name] is { Length: > 0 } value ? value : null;
    }

    private static Uri OwnAddress(string? url)
    {
        if (url is null)
            throw new CommandFailedException(
                ExitCode.NoConnection,
                $"The configuration has no management interface (Router:Management:Url is empty). {Elsewhere}"
            );
        if (LocalAddress.Of(url) is not { } local || !Uri.TryCreate(local, UriKind.Absolute, out var address))
            throw new CommandFailedException(ExitCode.WrongUse, $"Router:Management:Url: '{url}' is not an address. {Elsewhere}");
        if (address.Port == 0)
            throw new CommandFailedException(
                ExitCode.NoConnection,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Router:Management:Url is {url}: the port is known only to the running Router, whose log names it. {Elsewhere}"
                )
            );
        return address;
    }

    // A secret mounted by a platform often ends with a newline.
    private static string? TokenOf(string? file, string? variable)
    {
        var token = (file is null ? variable : Content(file))?.Trim();
        if (token is "" || !ManagementSettings.MayBeToken(token))
            throw new CommandFailedException(
                ExitCode.WrongUse,
                $"{(file is null ? "ROUTER_TOKEN" : $"--token-file {file}")} holds no token: it "
                    + $"{(token is "" ? "is empty" : "has letters that no token has, such as spaces")}. Give the text of "
                    + $"Router:Management:Token."
            );
        return token;
    }

    private static string Content(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.WrongUse, $"--token-file {file} can't be read: {error.Message}");
        }
    }

    // A password is not part of the message.
    private static string NotAnAddress(string text)
    {
        var named = text.Contains('@', StringComparison.Ordinal) ? "The address with a user name" : $"'{text}'";
        return $"{named} is not scheme, host and port of the management interface. Give --url or ROUTER_URL, such as "
            + $"{ManagementSettings.DefaultUrl}.";
    }
}
