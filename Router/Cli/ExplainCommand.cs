using System.CommandLine;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary><c>router explain</c>: explains what a running Router would do with a request.</summary>
internal static class ExplainCommand
{
    private static readonly Argument<string> Address = new("url")
    {
        Description = "Such as https://www.example.org/admin/x",
        Validators = { OptionParsers.Length },
    };
    private static readonly Option<string?> Client = new("--client") { Description = "The client's address." };
    private static readonly Option<string?> InMode = new("--mode") { Description = "A mode to assume instead of the current one." };
    private static readonly Option<string?> Method = new("--method") { Description = "The method. Default GET." };

    public static Command Build()
    {
        var explain = new Command("explain", "Explains step by step what a running Router would do with a request.")
        {
            Address,
            Client,
            InMode,
            Method,
            Url,
            TokenFile,
            Json,
        };
        explain.SetAction((parsed, _) => GuardAsync(parsed, client => RunAsync(parsed, client)));
        return explain;
    }

    private static async Task<int> RunAsync(ParseResult parsed, ManagementClient client)
    {
        var query =
            Query("?url", parsed.GetValue(Address))
            + Query("&client", parsed.GetValue(Client))
            + Query("&mode", parsed.GetValue(InMode))
            + Query("&method", parsed.GetValue(Method));
        var explained = await client
            .AskAsync(HttpMethod.Get, $"/explain{query}", ManagementJson.Default.ExplainDocument)
            .ConfigureAwait(false);
        return Print(parsed, explained, ManagementJson.Default.ExplainDocument, Write);
    }

    private static void Write(ExplainDocument explained, TextWriter output)
    {
        foreach (var step in explained.Steps)
            output.WriteLine($"{step.Name, -12}{step.Result}");
        output.WriteLine(explained.Status is { } status ? $"=> {status}, {explained.Outcome}" : $"=> {explained.Outcome}");
    }

    private static string Query(string name, string? value) => value is null ? "" : $"{name}={Uri.EscapeDataString(value)}";
}
