using System.CommandLine;
using Router.Configuration;

namespace Router.Cli;

/// <summary>The options that several of the operator's commands share.</summary>
internal static class OperatorOptions
{
    public static readonly Option<string?> Url = new("--url")
    {
        Description =
            "The management interface. Default: ROUTER_URL, otherwise Router:Management:Url of the configuration ("
            + $"{ManagementSettings.DefaultUrl}).",
        Recursive = true,
    };
    public static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description =
            "A file with the management token. Default: ROUTER_TOKEN; without --url and ROUTER_URL also the token of the configuration.",
        Recursive = true,
    };
    public static readonly Option<bool> Json = new("--json") { Description = "Prints JSON, for scripts.", Recursive = true };
    public static readonly Option<int?> Expect = new("--expect")
    {
        Description = "How many instances must be live. Any other number is not safe.",
        CustomParser = OptionParsers.Instances,
    };
    public static readonly Option<string?> Reason = new("--reason")
    {
        Description = "The reason. Visitors read it on the page.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> Ticket = new("--ticket")
    {
        Description = "The ticket, for the history.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> By = new("--operator", "--by")
    {
        Description = "Who makes the change. Default: your login name.",
        Validators = { OptionParsers.Length },
    };

    /// <summary>The operator's name for a command in which <c>--by</c> means something else.</summary>
    public static readonly Option<string?> Operator = new("--operator")
    {
        Description = "Who makes the change. Default: your login name.",
        Validators = { OptionParsers.Length },
    };
    public static readonly Option<string?> Until = new("--until") { Description = $"The announced end: {OperatorTime.Forms}." };
    public static readonly Option<bool> Shorten = new("--shorten") { Description = "Allows --until to move the announced end closer." };
    public static readonly Option<string?> CutAfter = new("--cut-after")
    {
        Description = "Cuts requests in flight after this time, such as 10s or 0s.",
    };
    public static readonly Option<string?> HoldTimeout = new("--hold-timeout")
    {
        Description = $"How long a request may wait in hold, up to {DurationText.Of(HoldSettings.MaxTimeout)}, such as 30s.",
    };
    public static readonly Option<long?> IfVersion = new("--if-version")
    {
        Description = "Only if this is still the version.",
        CustomParser = OptionParsers.Version,
    };
    public static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Shows what would be closed and what would stay reachable. Changes nothing.",
    };
    public static readonly Option<bool> Wait = new("--wait")
    {
        Description =
            "Waits until the mode, or the last stage, is in force on every instance and, if it lets nothing write, until it is SAFE.",
    };
    public static readonly Option<string?> WaitTimeout = new("--timeout")
    {
        Description = "How long to wait, such as 10m. Default: as long as the drain limit and the writes of unknown outcome may take.",
        CustomParser = OptionParsers.Timeout,
    };
    public static readonly Option<string?> Note = new("--note")
    {
        Description = "For whom and what, for the history.",
        Validators = { OptionParsers.Length },
    };
}
