using System.CommandLine;

namespace Router.Cli;

/// <summary>The options that several of the operator's commands share.</summary>
internal static class OperatorOptions
{
    public static readonly Option<string?> Url = new("--url")
    {
        Description =
            "The management interface. Default: ROUTER_URL, else Router:Management:Url of the configuration (http://127.0.0.1:9900).",
        Recursive = true,
    };
    public static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description =
            "A file that holds the token. Default: ROUTER_TOKEN; without --url and ROUTER_URL also the token of the configuration.",
        Recursive = true,
    };
    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON, for scripts.", Recursive = true };
    public static readonly Option<int?> Expect = new("--expect")
    {
        Description = "How many instances there are, exactly: fewer and more are not safe.",
        CustomParser = OptionParsers.Instances,
    };
    public static readonly Option<string?> Reason = new("--reason")
    {
        Description = "Why, in words that visitors may read.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> Ticket = new("--ticket")
    {
        Description = "The ticket of the change.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> By = new("--operator", "--by")
    {
        Description = "The operator's name. Default: the login name.",
        Validators = { OptionParsers.Length },
    };

    /// <summary>The operator's name for a command in which <c>--by</c> means something else.</summary>
    public static readonly Option<string?> Operator = new("--operator")
    {
        Description = "The operator's name. Default: the login name.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> Until = new("--until") { Description = $"The announced end: {OperatorTime.Forms}." };
    public static readonly Option<bool> Shorten = new("--shorten") { Description = "Lets --until move the announced end closer." };
    public static readonly Option<string?> CutAfter = new("--cut-after")
    {
        Description = "How long what is in flight may last, such as 10s or 0s.",
    };
    public static readonly Option<long?> IfVersion = new("--if-version")
    {
        Description = "Only if this is the version.",
        CustomParser = OptionParsers.Version,
    };
    public static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would close and what would stay reachable, and change nothing.",
    };
    public static readonly Option<bool> Wait = new("--wait")
    {
        Description = "Wait until the mode is in force everywhere and, where nothing may write any more, for SAFE: exit 0, else 1.",
    };
    public static readonly Option<string?> WaitTimeout = new("--timeout")
    {
        Description = "How long to wait, such as 10m. Default: as long as the drain limit and the writes of unknown outcome may take.",
        CustomParser = OptionParsers.Timeout,
    };
    public static readonly Option<string?> Note = new("--note")
    {
        Description = "For whom and what.",
        Validators = { OptionParsers.Length },
    };
}
