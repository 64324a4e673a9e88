using Microsoft.Extensions.DependencyInjection;
using Router.Cli;
using Router.Management;

namespace Router.Tests;

/// <summary>What operators type, slips included.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("router mode set maintenance", "mode", "maintenance")]
    [InlineData("router mode set maintenance --wait --reason 'restore db'", "mode", "maintenance", "--wait", "--reason", "restore db")]
    [InlineData("router mode set maintenance", "maintenance")]
    [InlineData("router mode set read-only --until 23:30", "readonly", "--until", "23:30")]
    [InlineData("router mode set live", "Live")]
    [InlineData("router mode set recovery", "recovrey")]
    [InlineData("router mode set maintenance", "set", "maintenance")]
    [InlineData("router mode extend --by 45m", "extend", "--by", "45m")]
    [InlineData("router mode history", "history")]
    [InlineData("router mode", "status")]
    [InlineData("router mode --json", "status", "--json")]
    [InlineData("router mode", "mode", "status")]
    [InlineData("router mode", "mdoe")]
    [InlineData("router mode --url http://127.0.0.1:9911", "mode", "--url", "http://127.0.0.1:9911", "show")]
    [InlineData("router bypass --for 2h", "mode", "bypass", "--for", "2h")]
    [InlineData("router fleet forget web-1", "fleet", "forgt", "web-1")]
    [InlineData("router mode --watch", "watch")]
    [InlineData("router mode set maintenance", "mode", "sett", "maintenance")]
    [InlineData("router mode extend --until 23:30", "mode", "exten", "--until", "23:30")]
    [InlineData("router mode set maintenance", "close")]
    [InlineData("router mode set live", "open")]
    [InlineData("router check", "validate")]
    [InlineData("router bypass --for 2h", "bypas", "--for", "2h")]
    [InlineData("router --help", "help")]
    [InlineData("router mode set --reason", "mode", "set", "maintenance", "--resaon", "x")]
    [InlineData("router mode --json", "mode", "--jsn")]
    public void A_typing_error_gets_the_command_that_was_meant(string meant, params string[] typed) =>
        CommandSuggestion.Of(RouterCommand.Tree.Parse(typed, RouterCommand.Parsing)).Should().Be(meant);

    [Theory]
    [InlineData("xyz")]
    [InlineData("mode", "set", "maintenance", "now")]
    [InlineData("-x")]
    public void What_resembles_nothing_gets_no_suggestion(params string[] typed) =>
        CommandSuggestion.Of(RouterCommand.Tree.Parse(typed, RouterCommand.Parsing)).Should().BeNull();

    [Fact]
    public async Task A_typing_error_ends_with_exit_code_2_and_a_suggestion()
    {
        (await Tool.RunAsync("http://127.0.0.1:1", "status"))
            .Should()
            .Be((ExitCode.WrongUse, "", "Unrecognized command or argument 'status'.\nDid you mean: router mode\n"));
    }

    [Fact]
    public async Task A_value_that_starts_with_an_at_sign_is_itself()
    {
        await using var router = await RunningRouter.StartAsync(OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")));

        var (code, output, errors) = await Tool.RunAsync(
            UrlOf(router),
            "mode",
            "set",
            "maintenance",
            "--reason",
            "@ops: restore",
            "--ticket",
            "@/etc/hostname",
            "--by",
            "@jane"
        );

        (code, errors).Should().Be((0, ""));
        output.Should().ContainAll("reason:    @ops: restore\n", "ticket:    @/etc/hostname\n", "by:        @jane\n");
    }

    [Theory]
    [InlineData("--reason has 100000 characters. Give up to 500.", 100_000, "mode", "set", "maintenance", "--reason")]
    [InlineData("--ticket has 501 characters. Give up to 500.", 501, "mode", "extend", "--ticket")]
    [InlineData("--operator has 501 characters. Give up to 500.", 501, "mode", "set", "maintenance", "--by")]
    [InlineData("--note has 501 characters. Give up to 500.", 501, "bypass", "--note")]
    [InlineData("url has 100000 characters. Give up to 4000.", 100_000, "explain")]
    public async Task A_text_that_is_too_long_is_refused_by_the_name_of_its_option(string said, int length, params string[] typed)
    {
        var (code, _, errors) = await Tool.RunAsync("http://127.0.0.1:1", [.. typed, new string('x', length)]);

        code.Should().Be(ExitCode.WrongUse);
        errors.Should().Be($"{said}\nSee --help.\n");
    }

    [Theory]
    [InlineData("24h", "for: is 24h. Give a duration above zero and up to 12h, such as 2h.")]
    [InlineData("0s", "for: is 0s. Give a duration above zero and up to 12h, such as 2h.")]
    public async Task A_bypass_that_would_last_too_long_is_refused_with_the_value_as_the_operator_wrote_it(string lasts, string said)
    {
        await using var router = await RunningRouter.StartAsync(
            OperatorClient.With(SiteFile.Of("www.*", "http://backend.invalid")).Mode("maintenance")
        );

        var (code, _, errors) = await Tool.RunAsync(UrlOf(router), "bypass", "--for", lasts);

        (code, errors).Should().Be((ExitCode.WrongUse, $"Nothing was changed. {said}\n"));
    }

    [Theory]
    [InlineData("jane", "sue", "ops", "jane")]
    [InlineData(null, "sue", "ops", "sue")]
    [InlineData("", " ", "ops", "ops")]
    [InlineData(null, "", "", "^uid [0-9]+$")]
    public void A_change_has_an_author(string? given, string? sudo, string login, string name) =>
        OperatorName.Of(given, sudo is null ? new() : new(("SUDO_USER", sudo)), login).Should().MatchRegex(name);

    [Theory]
    [InlineData("1.00:00:00", "24h")]
    [InlineData("01:30:00", "1h 30m")]
    [InlineData("00:00:01.5000000", "1.5s")]
    [InlineData("00:00:00", "0s")]
    [InlineData("-00:00:10", "-10s")]
    public void A_duration_is_written_as_operators_write_it(string duration, string text) =>
        Router.Configuration.DurationText.Of(TimeSpan.Parse(duration)).Should().Be(text);

    private static string UrlOf(RunningRouter router) => router.App.Services.GetRequiredService<ManagementServer>().Url!;
}
