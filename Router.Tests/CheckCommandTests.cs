using System.Text.Json.Nodes;
using Router.Cli;

namespace Router.Tests;

public sealed class CheckCommandTests
{
    [Fact]
    public async Task Check_prints_the_wide_table_and_what_each_mode_makes_of_it()
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "site.json");
        await File.WriteAllTextAsync(
            file,
            new SiteFile()
                .Mode("recovery")
                .AllowList("staff", "203.0.113.0/24,198.51.100.1")
                .Frontend("pages", "http://pages.internal:8080")
                .Api("data", "https://data.internal")
                .Host("www.*", "pages")
                .Path("www.*", "/admin", allowList: "staff")
                .Path("www.*", "**/_metrics", refuse: true)
                .Host("api.*", "data")
                .ToString()
        );
        using var output = new StringWriter();

        var exit = await CheckCommand.RunAsync(RunningRouter.Options(file, null), connects: false, CheckView.Wide, output);

        exit.Should().Be(0);
        var rows = output
            .ToString()
            .Split('\n')
            .Select(line => string.Join(" | ", line.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
            .ToArray();
        output.ToString().Should().Contain("Mode at start: recovery");
        rows.Should()
            .Contain("ROUTE | HOST | PATH | BACKEND | KIND | ADDRESS | ALLOWED | LIVE | READ-ONLY | HOLD | RECOVERY | MAINTENANCE");
        rows.Should()
            .Contain(
                "www.* | www.* | (every other path) | pages | Frontend | http://pages.internal:8080 | everyone | forward | read | wait | "
                    + "503 | 503"
            );
        rows.Should()
            .Contain(
                "www.*//admin | www.* | /admin | pages | Frontend | http://pages.internal:8080 | staff (2) | forward | read | wait | 503 "
                    + "| 503"
            );
        rows.Should().Contain("www.*/**/_metrics | www.* | **/_metrics | - | - | - | nobody | 403 | 403 | 403 | 403 | 403");
        rows.Should()
            .Contain(
                "api.* | api.* | (every other path) | data | Api | https://data.internal | everyone | forward | read | wait | forward | 503"
            );
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Check_prints_a_block_for_each_host_that_fits_80_columns()
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "site.json");
        var many = string.Join(", ", Enumerable.Range(1, 12).Select(number => $"/service-number-{number}"));
        await File.WriteAllTextAsync(
            file,
            new SiteFile()
                .AllowList("staff", "203.0.113.0/24,198.51.100.1")
                .Frontend("pages", "http://pages-1.internal:8080, http://pages-2.internal:8080, http://pages-3.internal:8080")
                .Api("data", "https://data.internal")
                .Host("www.*", "pages")
                .Path("www.*", "/admin", allowList: "staff")
                .Path("www.*", many, backend: "data")
                .Path("www.*", "**/_metrics", refuse: true)
                .Host("api.*", "data")
                .ToString()
        );
        using var output = new StringWriter();

        var exit = await CheckCommand.RunAsync(RunningRouter.Options(file, null), connects: false, CheckView.Blocks, output);

        exit.Should().Be(0);
        var lines = output.ToString().Split('\n');
        lines.Should().OnlyContain(line => line.Length < 80);
        lines
            .Should()
            .ContainInOrder(
                "Host www.*: www.*",
                "  live: forward; read-only: read; hold: wait; recovery, maintenance: 503",
                "    www.*         pages  everyone   (every other path)",
                "    www.*//admin  pages  staff (2)  /admin",
                "  every mode: 403",
                "    www.*/**/_metrics  -  nobody  **/_metrics"
            )
            .And.ContainInOrder(
                "Host api.*: api.*",
                "  live, recovery: forward; read-only: read; hold: wait; maintenance: 503",
                "    api.*  data  everyone  (every other path)",
                "Backends",
                "  data   Api       https://data.internal"
            );
        foreach (var word in many.Split(' ').Concat(["http://pages-1.internal:8080,", "http://pages-3.internal:8080"]))
            output.ToString().Should().Contain(word, "what does not fit the line continues below");
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task The_command_checks_a_configuration_without_listening()
    {
        // As a process: the variables are those of its own environment.
        var (exit, output, errors) = await RunAsync(
            new SiteFile().Frontend("pages", "http://pages.internal").Host("www.*", "pages").Host("api.*", "pages"),
            ["check"],
            [("Router__Mode", "recovery"), ("PORT", "1")],
            (variables, words) => Script.RunAsync(Tool.Process(variables, words))
        );

        exit.Should().Be(0, errors);
        output
            .Should()
            .Contain("The configuration is valid")
            .And.Contain("Mode at start: recovery", "every key can be set from the environment");
        errors.Should().BeEmpty();
    }

    [Fact]
    public async Task Check_as_json_has_the_routes_and_what_each_mode_makes_of_them()
    {
        var (exit, output, errors) = await RunAsync(
            new SiteFile()
                .Mode("recovery")
                .Frontend("pages", "http://pages-1.internal, http://pages-2.internal")
                .Host("www.*", "pages")
                .Path("www.*", "/secret", refuse: true),
            ["check", "--json"],
            ("PORT", "1")
        );

        (exit, errors).Should().Be((0, ""));
        var document = JsonNode.Parse(output)!;
        document["valid"]!.GetValue<bool>().Should().BeTrue();
        document["mode"]!.GetValue<string>().Should().Be("recovery");
        document["errors"]!.AsArray().Should().BeEmpty();
        document["backends"]![0]!
            .ToJsonString()
            .Should()
            .Be("""{"name":"pages","kind":"frontend","addresses":["http://pages-1.internal","http://pages-2.internal"]}""");
        var (every, secret) = (document["routes"]![0]!, document["routes"]![1]!);
        (every["name"]!.GetValue<string>(), every["host"]!.GetValue<string>(), every["backend"]!.GetValue<string>())
            .Should()
            .Be(("www.*", "www.*", "pages"));
        every["path"].Should().BeNull("it is the rule for every other path");
        every["modes"]!["live"]!.GetValue<string>().Should().Be("forward");
        every["modes"]!["read-only"]!.GetValue<string>().Should().Be("read");
        every["modes"]!["maintenance"]!.GetValue<string>().Should().Be("503");
        secret["path"]!.GetValue<string>().Should().Be("/secret");
        secret["refuses"]!.GetValue<bool>().Should().BeTrue();
        secret["modes"]!["live"]!.GetValue<string>().Should().Be("403");
    }

    [Fact]
    public async Task Check_as_json_has_each_error_with_its_key_and_its_fix_and_exits_with_2()
    {
        var (exit, output, errors) = await RunAsync(
            SiteFile.Of("www.*", "http://www.internal").Mode("open"),
            ["check", "--json"],
            ("PORT", "1")
        );

        (exit, errors).Should().Be((2, ""));
        var document = JsonNode.Parse(output)!;
        document["valid"]!.GetValue<bool>().Should().BeFalse();
        var error = document["errors"]!.AsArray().Should().ContainSingle().Which!;
        error["key"]!.GetValue<string>().Should().StartWith("Router:Mode");
        error["problem"]!.GetValue<string>().Should().Contain("open");
        error["fix"]!.GetValue<string>().Should().Contain("maintenance");
        document["routes"]!.AsArray().Should().BeEmpty();
    }

    [Fact]
    public async Task Check_as_json_says_what_could_not_be_contacted_and_exits_with_3()
    {
        var (exit, output, _) = await RunAsync(SiteFile.Of("www.*", "http://127.0.0.1:1"), ["check", "--json", "--connect"], ("PORT", "1"));

        exit.Should().Be(3);
        var connections = JsonNode.Parse(output)!["connections"]!.AsArray();
        connections[0]!["subject"]!.GetValue<string>().Should().Be("Backend www at http://127.0.0.1:1");
        connections[0]!["problem"]!.GetValue<string>().Should().Contain("See Router:Backends:www:Address");
        connections[1]!["result"]!.GetValue<string>().Should().Be("read");
    }

    [Theory]
    [InlineData("ROUTER")]
    [InlineData("Router")]
    [InlineData("KESTREL")]
    [InlineData("LOGGING")]
    public async Task A_variable_with_the_bare_name_of_a_section_is_ignored(string variable)
    {
        var (exit, _, errors) = await RunAsync(
            SiteFile.Of("www.*", "http://www.internal"),
            ["check"],
            (variable, "http://router.internal"),
            ("Router__Stage", "preview")
        );

        (exit, errors).Should().Be((0, ""));
    }

    [Fact]
    public async Task An_invalid_configuration_lists_all_errors_on_stderr_and_exits_with_2()
    {
        foreach (var arguments in new[] { new[] { "check" }, [] })
        {
            var (exit, output, errors) = await RunAsync(
                SiteFile.Of("www", "www.internal").Mode("open").Set("Colour", "blue"),
                arguments,
                ("PORT", "0")
            );

            exit.Should().Be(2);
            output.Should().BeEmpty();
            errors
                .Should()
                .Contain("3 errors")
                .And.Contain("Router:Mode")
                .And.Contain("Router:Backends:www:Address")
                .And.Contain("Router:Colour");
            errors.Should().NotContain("Exception").And.NotContain("   at ", "an error is for an operator and not for a programmer");
        }
    }

    [Fact]
    public async Task Help_lists_everything()
    {
        var (exit, output, _) = await RunAsync(new SiteFile(), ["--help"]);

        exit.Should().Be(0);
        output.Should().Contain("check").And.Contain("--urls").And.Contain("--config").And.Contain("PORT").And.Contain("8080");
    }

    [Fact]
    public async Task An_unknown_option_exits_with_2()
    {
        var (exit, _, errors) = await RunAsync(new SiteFile(), ["--colour"]);

        exit.Should().Be(2);
        errors.Should().Contain("--colour").And.Contain("--help");
    }

    private static Task<(int Exit, string Output, string Errors)> RunAsync(
        SiteFile site,
        string[] arguments,
        params (string Name, string Value)[] environment
    ) => RunAsync(site, arguments, environment, Tool.RunWithAsync);

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(
        SiteFile site,
        string[] arguments,
        (string Name, string Value)[] environment,
        Func<(string Name, string Value)[], string[], Task<(int Code, string Output, string Errors)>> runAsync
    )
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "site.json");
        await File.WriteAllTextAsync(file, site.ToString());
        try
        {
            return await runAsync([("ASPNETCORE_ENVIRONMENT", "Production"), .. environment], [.. arguments, "--config", file]);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
