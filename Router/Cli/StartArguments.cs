using System.CommandLine;
using Router.Serving;

namespace Router.Cli;

/// <summary>The options that select a command's configuration and Router's listen addresses.</summary>
internal static class StartArguments
{
    public static readonly Option<string?> Urls = new("--urls")
    {
        Description =
            "Where to listen, such as http://*:8080; separate several with semicolons. Default: ASPNETCORE_URLS, otherwise PORT, "
            + "otherwise 8080.",
    };

    public static readonly Option<string?> ConfigurationFile = new("--config")
    {
        Description = "A configuration file to use instead of appsettings.json.",
        Recursive = true,
    };

    public static StartOptions Of(ParseResult parsed) =>
        new()
        {
            Urls = parsed.GetValue(Urls),
            ConfigurationFile = parsed.GetValue(ConfigurationFile),
            Environment = ToolContext.Of(parsed).Variables,
        };
}
