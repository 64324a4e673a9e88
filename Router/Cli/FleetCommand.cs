using System.CommandLine;
using System.Text.Json;
using Router.Management;
using static Router.Cli.OperatorCommand;
using static Router.Cli.OperatorOptions;

namespace Router.Cli;

/// <summary>
/// <c>router fleet</c> and <c>router writes</c>: lists the instances, and records what an operator acknowledges after having checked it.
/// </summary>
internal static class FleetCommand
{
    private static readonly Option<string?> Checked = new("--until")
    {
        Description =
            "Accepts only writes up to this time. Give the date and time at which you listed them, such as \"2026-01-31 23:30:15\" or "
            + "2026-01-31T22:30:15Z. Later writes still block the verdict. Default: now.",
    };

    public static IEnumerable<Command> Build()
    {
        var fleet = new Command("fleet", "Shows the instances and the verdict.") { Url, TokenFile, Json, Expect };
        fleet.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        var document = await FleetAsync(parsed, client).ConfigureAwait(false);
                        Print(
                            parsed,
                            document,
                            ManagementJson.Default.FleetDocument,
                            (found, output) => ModeReport.WriteFleet(found, null, output)
                        );
                        return document.Safe ? 0 : ExitCode.NotDone;
                    },
                    isVerdict: true
                )
        );

        var names = new Argument<string[]>("name")
        {
            Description = "The name or the id of a vanished instance.",
            Arity = ArgumentArity.OneOrMore,
        };
        var forget = new Command(
            "forget",
            "Records that a vanished instance has ended. Make sure of it first: an instance that still runs may be open."
        )
        {
            names,
            By,
        };
        forget.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        foreach (var name in parsed.GetValue(names)!)
                        {
                            var sent = JsonSerializer.Serialize(
                                new ForgetRequestDocument(name, NameOfOperator(parsed)),
                                ManagementJson.Default.ForgetRequestDocument
                            );
                            var forgotten = await client
                                .AskAsync(HttpMethod.Post, "/fleet/forget", ManagementJson.Default.ForgetDocument, sent)
                                .ConfigureAwait(false);
                            Print(
                                parsed,
                                forgotten,
                                ManagementJson.Default.ForgetDocument,
                                (document, output) =>
                                {
                                    foreach (var id in document.Forgotten)
                                        output.WriteLine(
                                            client.Hint($"forgotten: {id}. Its writes in flight are of unknown outcome: see router fleet")
                                        );
                                }
                            );
                        }

                        return 0;
                    }
                )
        );
        fleet.Add(forget);
        yield return fleet;

        var writes = new Command("writes", "Handles writes of unknown outcome.") { Url, TokenFile, Json };
        var accept = new Command(
            "accept",
            "Accepts the writes of unknown outcome so far as settled. First check that the applications have finished them."
        )
        {
            Checked,
            By,
            Note,
        };
        accept.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        var sent = new AcceptWritesDocument(
                            NameOfOperator(parsed),
                            parsed.GetValue(Note),
                            ModeChangeCall.Instant(parsed, Checked)
                        );
                        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.AcceptWritesDocument);
                        var change = await client
                            .AskAsync(HttpMethod.Post, "/writes/accept", ManagementJson.Default.ChangeDocument, json)
                            .ConfigureAwait(false);
                        return Print(
                            parsed,
                            change,
                            ManagementJson.Default.ChangeDocument,
                            (_, output) => output.WriteLine(client.Hint("Accepted. To see the verdict: router mode"))
                        );
                    }
                )
        );
        writes.Add(accept);
        yield return writes;
    }
}
