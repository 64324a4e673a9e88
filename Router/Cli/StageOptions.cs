using System.CommandLine;
using System.Globalization;
using Router.Cli.Downtime;
using Router.Configuration;
using Router.Modes;

namespace Router.Cli;

/// <summary>The options for opening the site in stages.</summary>
internal static class StageOptions
{
    public static readonly Option<string?> Stages = new("--stages")
    {
        Description = "Opens the site to these shares of the clients, one after the other, such as 5%,25%,100%.",
    };
    public static readonly Option<string?> Every = new("--every")
    {
        Description = $"How long each stage lasts at least. Default {DurationText.Of(StagedOpening.DefaultEvery)}.",
    };
    public static readonly Option<string?> FallBackAbove = new("--fall-back-above")
    {
        Description = string.Create(
            CultureInfo.InvariantCulture,
            $"The share of failed requests above which the site closes again by itself. Default {StagedOpening.DefaultFallBackAbove}%."
        ),
    };
    public static readonly Option<int?> AtLeast = new("--at-least")
    {
        Description =
            $"The minimum number of requests of a stage over which the failure share is computed. Default {StagedOpening.DefaultAtLeast}.",
        CustomParser = OptionParsers.Requests,
    };
    public static readonly Option<string?> Apis = new("--apis")
    {
        Description = "Whether the APIs open in the first or in the last stage. Default last.",
    };

    /// <summary>The values given.</summary>
    public static StagePlan Of(ParseResult parsed) =>
        new()
        {
            Shares = parsed.GetValue(Stages),
            Every = parsed.GetValue(Every),
            FallBackAbove = parsed.GetValue(FallBackAbove),
            AtLeast = parsed.GetValue(AtLeast),
            Apis = parsed.GetValue(Apis),
        };
}
