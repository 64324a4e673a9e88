using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Router.Configuration;
using Router.Management;
using Router.Modes;
using Router.Pages;
using Router.Switching;

namespace Router.Cli;

/// <summary><c>router mode</c>, <c>router bypass</c> and <c>router explain</c>: the operator's commands for a running Router.</summary>
public static class ModeCommand
{
    private const int LongestUrl = 4000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    // The time that an instance may need to learn of a change, to cut requests, and to report it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    internal static readonly Option<string?> Url = new("--url")
    {
        Description =
            "The management interface. Default: ROUTER_URL, else Router:Management:Url of the configuration (http://127.0.0.1:9900).",
        Recursive = true,
    };
    internal static readonly Option<string?> TokenFile = new("--token-file")
    {
        Description =
            "A file that holds the token. Default: ROUTER_TOKEN; without --url and ROUTER_URL also the token of the configuration.",
        Recursive = true,
    };
    internal static readonly Option<bool> Json = new("--json") { Description = "Print JSON, for scripts.", Recursive = true };
    private static readonly Option<bool> Watch = new("--watch") { Description = "Show it anew each second until Ctrl+C." };
    internal static readonly Option<int?> Expect = new("--expect")
    {
        Description = "How many instances there are, exactly: fewer and more are not safe.",
        CustomParser = Instances,
    };
    private static readonly Option<string?> Reason = new("--reason")
    {
        Description = "Why, in words that visitors may read.",
        Validators = { Length },
    };
    private static readonly Option<string?> Ticket = new("--ticket") { Description = "The ticket of the change.", Validators = { Length } };
    internal static readonly Option<string?> By = new("--operator", "--by")
    {
        Description = "The operator's name. Default: the login name.",
        Validators = { Length },
    };
    private static readonly Option<string?> Operator = new("--operator")
    {
        Description = "The operator's name. Default: the login name.",
        Validators = { Length },
    };
    private static readonly Option<string?> Until = new("--until") { Description = $"The announced end: {OperatorTime.Forms}." };
    private static readonly Option<string?> ExtendBy = new("--by")
    {
        Description = "Adds so much to the announced end, such as 45m.",
        CustomParser = Duration,
    };
    private static readonly Option<bool> Shorten = new("--shorten") { Description = "Lets --until move the announced end closer." };
    private static readonly Option<string?> At = new("--at") { Description = $"When it takes effect: {OperatorTime.Forms}." };
    private static readonly Option<string?> ReadOnlyBefore = new("--read-only-before")
    {
        Description = "How long the site is read-only before, such as 10s.",
    };
    private static readonly Option<string?> CutAfter = new("--cut-after")
    {
        Description = "How long what is in flight may last, such as 10s or 0s.",
    };
    private static readonly Option<long?> IfVersion = new("--if-version")
    {
        Description = "Only if this is the version.",
        CustomParser = Version,
    };
    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Say what would close and what would stay reachable, and change nothing.",
    };
    private static readonly Option<bool> Wait = new("--wait")
    {
        Description = "Wait until the mode is in force everywhere and, where nothing may write any more, for SAFE: exit 0, else 1.",
    };
    private static readonly Option<string?> WaitTimeout = new("--timeout")
    {
        Description = "How long to wait, such as 10m. Default: as long as the drain limit and the writes of unknown outcome may take.",
        CustomParser = Span,
    };
    private static readonly Option<string?> For = new("--for") { Description = "For how long, up to 12h. Default 1h." };
    private static readonly Option<string?> Address = new("--address") { Description = "An address or a range in the place of a token." };
    internal static readonly Option<string?> Note = new("--note") { Description = "For whom and what.", Validators = { Length } };
    private static readonly Option<string?> Client = new("--client") { Description = "The client's address." };
    private static readonly Option<string?> InMode = new("--mode") { Description = "A mode in place of the one in force." };
    private static readonly Option<string?> Method = new("--method") { Description = "The method. Default GET." };

    public static IEnumerable<Command> Build()
    {
        var mode = new Command("mode", "Shows the mode of a running Router, its instances and whether it is safe to start.")
        {
            Url,
            TokenFile,
            Json,
            Watch,
            Expect,
            Wait,
            WaitTimeout,
        };
        mode.SetAction((parsed, stop) => GuardAsync(parsed, client => ShowAsync(parsed, client, stop)));

        var name = new Argument<string>("mode") { Description = ModeCatalogue.Names };
        var set = new Command("set", "Sets the mode, on every instance at one instant.")
        {
            name,
            Reason,
            Ticket,
            By,
            Until,
            Shorten,
            At,
            ReadOnlyBefore,
            CutAfter,
            IfVersion,
            DryRun,
            Wait,
            WaitTimeout,
            Expect,
        };
        set.SetAction(
            (parsed, stop) => GuardAsync(parsed, client => ChangeAsync(parsed, client, HttpMethod.Put, parsed.GetValue(name), stop))
        );
        mode.Add(set);

        var extend = new Command(
            "extend",
            "Changes the end, the reason or the ticket of the current or scheduled mode. Never leaves the mode."
        )
        {
            ExtendBy,
            Until,
            Shorten,
            Reason,
            Ticket,
            Operator,
            CutAfter,
            IfVersion,
            DryRun,
        };
        extend.SetAction((parsed, stop) => GuardAsync(parsed, client => ChangeAsync(parsed, client, HttpMethod.Patch, null, stop)));
        mode.Add(extend);

        var cancel = new Command("cancel", "Cancels what is scheduled.") { IfVersion };
        cancel.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                        Print(
                            parsed,
                            await client
                                .AskAsync(
                                    HttpMethod.Delete,
                                    "/mode/next",
                                    ManagementJson.Default.ChangeDocument,
                                    ifVersion: parsed.GetValue(IfVersion)
                                )
                                .ConfigureAwait(false),
                            ManagementJson.Default.ChangeDocument,
                            ModeReport.Write
                        )
                )
        );
        mode.Add(cancel);

        var history = new Command("history", "Shows who changed the mode, when and why, and how each instance drained.");
        history.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                        Print(
                            parsed,
                            await client.AskAsync(HttpMethod.Get, "/history", ManagementJson.Default.HistoryDocument).ConfigureAwait(false),
                            ManagementJson.Default.HistoryDocument,
                            ModeReport.Write
                        )
                )
        );
        mode.Add(history);
        yield return mode;

        var bypass = new Command("bypass", "Lets testers through while the site is closed, by a token or by address.")
        {
            For,
            Address,
            Note,
            By,
            Url,
            TokenFile,
            Json,
        };
        bypass.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        var sent = new BypassRequestDocument(
                            parsed.GetValue(For),
                            parsed.GetValue(Address),
                            parsed.GetValue(Note),
                            NameOfOperator(parsed)
                        );
                        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.BypassRequestDocument);
                        var issued = await client
                            .AskAsync(HttpMethod.Post, "/bypass", ManagementJson.Default.BypassDocument, json)
                            .ConfigureAwait(false);
                        return Print(parsed, issued, ManagementJson.Default.BypassDocument, ModeReport.Write);
                    }
                )
        );
        var id = new Argument<string>("id") { Description = "The bypass, as router mode lists it." };
        var revoke = new Command("revoke", "Ends a bypass now.") { id, IfVersion };
        revoke.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        var path =
                            $"/bypass/{Uri.EscapeDataString(parsed.GetValue(id)!)}?by={Uri.EscapeDataString(NameOfOperator(parsed))}";
                        return Print(
                            parsed,
                            await client
                                .AskAsync(
                                    HttpMethod.Delete,
                                    path,
                                    ManagementJson.Default.ChangeDocument,
                                    ifVersion: parsed.GetValue(IfVersion)
                                )
                                .ConfigureAwait(false),
                            ManagementJson.Default.ChangeDocument,
                            ModeReport.Write
                        );
                    }
                )
        );
        bypass.Add(revoke);
        yield return bypass;

        var address = new Argument<string>("url") { Description = "Such as https://www.example.org/admin/x", Validators = { Length } };
        var explain = new Command("explain", "Explains step by step what a running Router would do with a request.")
        {
            address,
            Client,
            InMode,
            Method,
            Url,
            TokenFile,
            Json,
        };
        explain.SetAction(
            (parsed, _) =>
                GuardAsync(
                    parsed,
                    async client =>
                    {
                        var query =
                            $"url={Uri.EscapeDataString(parsed.GetValue(address)!)}{Query("client", parsed.GetValue(Client))}{Query("mode", parsed.GetValue(InMode))}{Query("method", parsed.GetValue(Method))}";
                        return Print(
                            parsed,
                            await client
                                .AskAsync(HttpMethod.Get, $"/explain?{query}", ManagementJson.Default.ExplainDocument)
                                .ConfigureAwait(false),
                            ManagementJson.Default.ExplainDocument,
                            Write
                        );
                    }
                )
        );
        yield return explain;
    }

    internal static async Task<int> GuardAsync(ParseResult parsed, Func<ManagementClient, Task<int>> command)
    {
        try
        {
            using var client = new ManagementClient(
                ManagementAccess.Find(StartArguments.Of(parsed), parsed.GetValue(Url), parsed.GetValue(TokenFile))
            );
            return await command(client).ConfigureAwait(false);
        }
        catch (CommandFailedException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message).ConfigureAwait(false);
            return failed.Code;
        }
        catch (IOException error) when (OperatorConsole.IsClosed(error))
        {
            // The request was carried out, except for a verdict that was not obtained.
            return parsed.GetValue(Wait) ? ExitCode.NotDone : 0;
        }
    }

    private static async Task<int> ShowAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        if (parsed.GetValue(Wait))
            return await WaitForSafeAsync(parsed, client, stop).ConfigureAwait(false);
        while (true)
        {
            var fleet = await FleetAsync(parsed, client).ConfigureAwait(false);
            if (parsed.GetValue(Watch) && !Console.IsOutputRedirected && !parsed.GetValue(Json))
                Console.Clear();
            Print(parsed, fleet, ManagementJson.Default.FleetDocument, ModeReport.Write);
            // So that "router mode && restore" starts nothing that is not safe.
            if (!parsed.GetValue(Watch))
                return fleet.Safe ? 0 : ExitCode.NotDone;
            await Task.Delay(TimeSpan.FromSeconds(1), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return 0;
        }
    }

    private static async Task<int> ChangeAsync(
        ParseResult parsed,
        ManagementClient client,
        HttpMethod method,
        string? mode,
        CancellationToken stop
    )
    {
        var isSet = method == HttpMethod.Put;
        var sent = new ModeChangeDocument
        {
            Mode = mode,
            By = NameOfOperator(parsed),
            Reason = parsed.GetValue(Reason),
            Ticket = parsed.GetValue(Ticket),
            Until = Time(parsed, Until),
            At = isSet ? Time(parsed, At) : null,
            ReadOnlyBefore = isSet ? parsed.GetValue(ReadOnlyBefore) : null,
            CutAfter = parsed.GetValue(CutAfter),
            ExtendBy = isSet ? null : parsed.GetValue(ExtendBy),
            // An instance of an earlier release rejects members that it does not know.
            Shorten = parsed.GetValue(Shorten) ? true : null,
        };
        var trial = parsed.GetValue(DryRun);
        var json = JsonSerializer.Serialize(sent, ManagementJson.Default.ModeChangeDocument);
        var change = await client
            .AskAsync(
                method,
                trial ? "/mode?dryRun=true" : "/mode",
                ManagementJson.Default.ChangeDocument,
                json,
                parsed.GetValue(IfVersion)
            )
            .ConfigureAwait(false);
        var wait = isSet && parsed.GetValue(Wait) && !trial;
        if (!wait)
            return Print(parsed, change, ManagementJson.Default.ChangeDocument, ModeReport.Write);
        if (!parsed.GetValue(Json))
            ModeReport.Write(change, Console.Out);
        return await WaitAsync(parsed, client, change.Mode, stop).ConfigureAwait(false) is null ? ExitCode.NotDone : 0;
    }

    // Waits for another operator's switch, or continues after another wait gave up. Only SAFE is a success: what follows may be a restore.
    private static async Task<int> WaitForSafeAsync(ParseResult parsed, ManagementClient client, CancellationToken stop)
    {
        var set = (await FleetAsync(parsed, client).ConfigureAwait(false)).Current;
        var fleet = await WaitAsync(parsed, client, set, stop).ConfigureAwait(false);
        return fleet is { Safe: true } ? 0 : ExitCode.NotDone;
    }

    // Waits until the mode is in force on every instance and, if it allows no writes, until it is safe. Returns the last state, or null if
    // that was not reached.
    private static async Task<FleetDocument?> WaitAsync(
        ParseResult parsed,
        ManagementClient client,
        ModeDocument set,
        CancellationToken stop
    )
    {
        var (target, at) = Goal(set);
        // A mode that allows writes is never safe; being in force everywhere is all that it can reach.
        var mayBeSafe = ModeCatalogue.TryFind(target, out var mode) && !mode.AllowsWrites;
        var lead = at > set.Now ? at - set.Now : TimeSpan.Zero;
        var (started, timeout) = (TimeProvider.System.GetTimestamp(), TimeoutOf(parsed));
        var longest = timeout ?? lead + TimeSpan.FromSeconds(set.CutAfterSeconds) + Patience;
        var display = new DrainDisplay(
            parsed.GetValue(Json) ? TextWriter.Null : Console.Out,
            Console.IsOutputRedirected ? null : Console.WindowWidth
        );
        while (true)
        {
            var isLast = stop.IsCancellationRequested || TimeProvider.System.GetElapsedTime(started) >= longest;
            try
            {
                var fleet = await FleetAsync(parsed, client).ConfigureAwait(false);
                // A write that is cut at the drain limit may take its time to settle.
                if (timeout is null && fleet.Instances.Max(instance => instance.Report.WriteSettleSeconds) is var settle)
                    longest = lead + TimeSpan.FromSeconds(set.CutAfterSeconds + settle) + Patience;
                // Extending the end or issuing a bypass creates a new version but is not another switch.
                var isOther = fleet.Version > set.Version && Goal(fleet.Current) != (target, at);
                var isDone =
                    fleet.Version >= set.Version
                    && fleet.Mode == target
                    && !isOther
                    && (mayBeSafe ? fleet.Safe : fleet.State != VerdictState.NotSafe);
                if (isDone || isOther || isLast)
                {
                    End(
                        parsed,
                        fleet,
                        display,
                        isDone ? null
                            : isOther ? $"Somebody has changed the mode meanwhile (version {fleet.Version})."
                            : stop.IsCancellationRequested ? "Interrupted: the switch goes on without this command."
                            : client.Hint($"Gave up waiting after {DurationText.Of(longest)}. To go on: router mode --wait")
                    );
                    return isDone ? fleet : null;
                }

                display.Show(
                    fleet.Mode == target || lead == TimeSpan.Zero
                        ? ModeReport.Progress(fleet)
                        : $"waiting for {target}, still {fleet.Mode}",
                    fleet
                );
            }
            catch (CommandFailedException failed) when (failed.Code == ExitCode.NoConnection && !isLast)
            {
                // The instance that was asked may be about to restart. The switch continues without it.
                display.Show(failed.Message, null);
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Everything that an operator must know to continue from here, with the verdict as the last line.
    private static void End(ParseResult parsed, FleetDocument fleet, DrainDisplay display, string? why)
    {
        if (parsed.GetValue(Json))
        {
            Print(parsed, fleet, ManagementJson.Default.FleetDocument, ModeReport.Write);
            return;
        }

        display.End("");
        ModeReport.WriteFleet(fleet, why, Console.Out);
    }

    private static TimeSpan? TimeoutOf(ParseResult parsed) =>
        parsed.GetValue(WaitTimeout) is { } text && ConfigurationReader.TryDuration(text, out var timeout) ? timeout : null;

    // The final state that the record leads to.
    private static (string Mode, DateTimeOffset At) Goal(ModeDocument mode) =>
        mode.Next is [.., var last] ? (last.Mode, last.At) : (mode.Mode, mode.Since);

    internal static Task<FleetDocument> FleetAsync(ParseResult parsed, ManagementClient client) =>
        client.AskAsync(
            HttpMethod.Get,
            parsed.GetValue(Expect) is { } expect ? string.Create(CultureInfo.InvariantCulture, $"/fleet?expect={expect}") : "/fleet",
            ManagementJson.Default.FleetDocument
        );

    internal static string NameOfOperator(ParseResult parsed) =>
        OperatorName.Of(parsed.GetValue(By) ?? parsed.GetValue(Operator), Environment.GetEnvironmentVariable, Environment.UserName);

    private static string? Time(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        // Relative to the fleet's clock, which this machine does not know; the response shows the resulting time.
        if (text.StartsWith('+') && ConfigurationReader.TryDuration(text[1..], out _))
            return text;
        if (!OperatorTime.TryParse(text, TimeProvider.System, out var time, out var problem))
            throw new CommandFailedException(ExitCode.WrongUse, $"{option.Name}: {problem}");
        if (!parsed.GetValue(Json))
            Console.Out.WriteLine($"{option.Name} {text} is {OperatorTime.Describe(time, TimeZoneInfo.Local)}");
        return time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    private static string? Duration(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value.TrimStart('+');
        if (ConfigurationReader.TryDuration(text, out _))
            return text;
        argument.AddError(
            $"--by is '{argument.Tokens[0].Value}', which is not a duration. Give how much to add to the announced end, such as 45m. Your name goes to --operator."
        );
        return null;
    }

    private static string? Span(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (ConfigurationReader.TryDuration(text, out var span) && span > TimeSpan.Zero)
            return text;
        argument.AddError($"--timeout is '{text}', which is not a duration. Give how long to wait, such as 10m.");
        return null;
    }

    // Validated before anything is sent: a switch that was made cannot be reported as invalid usage.
    private static int? Instances(ArgumentResult argument) =>
        int.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= FleetDocument.MostExpected
            ? number
            : Wrong<int>(argument, $"the number of instances, from 1 to {FleetDocument.MostExpected}");

    private static long? Version(ArgumentResult argument) =>
        long.TryParse(argument.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : Wrong<long>(argument, "the version that router mode shows, such as 7");

    // A text that no instance accepts is not sent at all: a command line can be longer than a request.
    private static void Length(SymbolResult result)
    {
        var (name, longest) = result is OptionResult option ? (option.Option.Name, ModeChanges.LongestText) : ("url", LongestUrl);
        if (result.Tokens.FirstOrDefault(token => token.Value.Length > longest) is { } token)
            result.AddError($"{name} has {token.Value.Length} characters. Give up to {longest}.");
    }

    private static T? Wrong<T>(ArgumentResult argument, string cure)
        where T : struct
    {
        argument.AddError($"{((OptionResult)argument.Parent!).Option.Name} is '{argument.Tokens[0].Value}'. Give {cure}.");
        return null;
    }

    internal static int Print<T>(ParseResult parsed, T document, JsonTypeInfo<T> type, Action<T, TextWriter> write)
    {
        if (parsed.GetValue(Json))
            Console.Out.Write(ReadableJson.Text(document, type));
        else
            write(document, Console.Out);
        return 0;
    }

    private static void Write(ExplainDocument explained, TextWriter output)
    {
        foreach (var step in explained.Steps)
            output.WriteLine($"{step.Question, -12}{step.Answer}");
        output.WriteLine(explained.Status is { } status ? $"=> {status}, {explained.Outcome}" : $"=> {explained.Outcome}");
    }

    private static string Query(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
