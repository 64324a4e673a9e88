using Router.Configuration;
using Router.Hosting;
using Router.Modes;
using Router.Serving;

namespace Router.Tests;

public sealed class ConfigurationErrorsTests
{
    public static TheoryData<string, string, string> Errors =>
        new()
        {
            // the key below Router, a value that can't be, a part of what is wrong or right
            { "Mode", "open", ModeCatalogue.Names },
            { "Mdoe", "live", "not a key that Router knows" },
            { "Backends:www:Kind", "Website", "Frontend, Api" },
            { "Backends:www:Kind", "", "Frontend, Api" },
            { "Backends:www:Address", "", "not set" },
            { "Backends:www:Address", "www.internal:8080", "http" },
            { "Backends:www:Address", "ftp://www.internal", "http" },
            { "Backends:www:Address", "http://www.internal/path", "has a path" },
            { "Backends:www:Address", "http://www.internal/?q", "has a path" },
            { "Backends:www:Address", "http://user:hunter2@www.internal", "BasicAuthentication" },
            { "Backends:www:BasicAuthentication", "user:password", "base64" },
            { "Backends:www:BasicAuthentication", "bm8tY29sb24=", "base64" },
            { "Backends:www:ResponseTimeout", "60", "duration" },
            { "Backends:www:ResponseTimeout", "0s", "duration" },
            { "Backends:www:ResponseTimeout", "-1s", "duration" },
            { "Backends:www:ConnectTimeout", "soon", "duration" },
            { "Backends:www:WriteSettleTime", "-1s", "from zero" },
            { "Backends:www:WriteSettleTime", "off", "from zero" },
            { "Backends:www:Adress", "http://www.internal", "not a key that Router knows" },
            { "Pages:ReasonLanguage", "plain English", "is not a language tag" },
            { "AllowLists:staff", "", "is empty" },
            { "AllowLists:staff", "10.0.0.0/33", "neither an address nor a range" },
            { "AllowLists:staff", "10.0.0.1,,10.0.0.2", "empty entry" },
            { "Hosts:www:Match", "", "not set" },
            { "Hosts:www:Match", "www.*.org", "host name" },
            { "Hosts:www:Match", "a.b.*", "more than one label" },
            { "Hosts:www:Match", "www.example.org:80", "host name" },
            { "Hosts:www:Match", "*.other", "is already used by host" },
            { "Hosts:www:Match", "*.OTHER.", "is already used by host" },
            { "Hosts:www:Backend", "wwww", "not configured" },
            { "Hosts:www:AllowList", "nobody-knows", "not configured" },
            { "Hosts:www:AllowList", "", "or write everyone" },
            { "Hosts:www:Paths:z:AllowList", "", "or write everyone" },
            { "Hosts:www:Paths:z:Refuse", "", "true or false" },
            { "StatusAccess", "", "is empty" },
            { "ModeStore:Redis", "", "is empty" },
            { "ModeStore:File", "", "is empty" },
            { "ModeStore:Prefix", "", "is empty" },
            { "Management:TokenFile", "", "is empty" },
            { "Management:ReadTokenFile", "", "is empty" },
            { "Backends:www:ProbePath", "", "is empty" },
            { "Backends:www:ClientCertificate", "", "is empty" },
            { "Backends:www:ClientCertificateKey", "", "is empty" },
            { "Hosts:www:Paths:z:Backend", "", "is empty" },
            { "Hosts:www:Paths:z:File", "", "is empty" },
            { "Hosts:www:PageTemplate", "", "is empty" },
            { "Hosts:www:ErrorPage", "", "is empty" },
            { "RequestHeaders:SamplingTrust", "", "is empty" },
            { "Pages:Template", "", "is empty" },
            { "BypassCookieDomain", "", "is empty" },
            { "Variables:SITE_MODE", "Mod", "Did you mean Mode?" },
            { "Variables:SITE_MODE", "Mode, Colour", "such as Mode" },
            { "TrustedProxies", "192.0.2.1; 192.0.2.2", "separate several with commas" },
            { "Backends:www:CertificateAuthorities", "", "is empty" },
            { "Backends:www:CertificateAuthorities", "/no/such.pem", "neither the file nor its directory exists" },
            { "Hosts:www:Refuse", "true", "together with a backend" },
            { "Hosts:www:Refuse", "perhaps", "true or false" },
            { "Hosts:www:Paths:z:Match", "admin", "does not begin" },
            { "Hosts:www:Paths:z:Match", "/a*", "whole segment" },
            { "Hosts:www:Paths:z:Match", "/a%20b", "normalised" },
            { "Hosts:www:Paths:z:Match", "/b\u00fcro", "beyond ASCII" },
            { "Hosts:www:Paths:z:Match", "/a/../b", "normalised" },
            { "Hosts:www:Paths:z:Match", "**/a/b", "one plain segment" },
            { "Hosts:www:Paths:z:Match", "/there", "is already used by" },
            { "Hosts:www:Paths:z:Match", "/THERE", "is already used by" },
            { "Hosts:www:Paths:z:Backend", "wwww", "not configured" },
            { "Hosts:www:Paths:z:Colour", "blue", "not a key that Router knows" },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public void An_error_names_its_key_the_problem_and_the_fix(string key, string value, string word)
    {
        var (_, errors) = Valid().Set(key, value).Read();

        var error = errors.Should().ContainSingle().Subject;
        error.Key.Should().Be("Router:" + (word.StartsWith("is already used by host", StringComparison.Ordinal) ? "Hosts:www:Match" : key));
        error.Problem.Should().NotBeEmpty();
        error.Hint.Should().NotBeEmpty();
        error.ToString().Should().Contain(word).And.NotContain("hunter2", "a password stays out of every message");
    }

    [Theory]
    // A list with the name of one allow list was no allow list, and the host was open to everyone.
    [InlineData("Hosts:www:AllowList", "0", "staff", "is a list or a section")]
    [InlineData("Hosts:www:Paths:z:AllowList", "0", "staff", "is a list or a section")]
    [InlineData("Hosts:www:Paths:z:AllowList", "staff", "true", "is a list or a section")]
    [InlineData("Hosts:www:Paths:z:Refuse", "0", "true", "is a list or a section")]
    [InlineData("Hosts:www:Paths:z:MaxRequestBody", "Size", "1KiB", "is a list or a section")]
    [InlineData("StatusAccess", "0", "staff", "is a list or a section")]
    [InlineData("Mode", "0", "maintenance", "is a list or a section")]
    [InlineData("Management:Url", "0", "http://127.0.0.1:0", "is a list or a section")]
    [InlineData("Backends:www:Kind", "0", "Frontend", "is a list or a section")]
    [InlineData("ResponseHeaders:extra:Add:X-Extra", "0", "a", "is a list or a section")]
    [InlineData("TrustedProxies", "balancer", "192.0.2.1", "holds sections")]
    public void A_list_or_a_section_instead_of_a_value_is_one_error_and_never_the_default(
        string key,
        string below,
        string value,
        string problem
    )
    {
        var (_, errors) = Valid().Set($"{key}:{below}", value).Read();

        var error = errors.Should().ContainSingle(error => error.Key == $"Router:{key}").Subject;
        error.Problem.Should().Be(problem);
        error.Hint.Should().StartWith("Give ");
    }

    [Fact]
    public void A_published_list_may_be_an_array_or_one_text_with_commas()
    {
        var array = Valid().Set("TrustedProxyLists:cdn:Source:0", "192.0.2.0/24").Set("TrustedProxyLists:cdn:Source:1", "198.51.100.0/24");
        var text = Valid().Set("TrustedProxyLists:cdn:Source", "192.0.2.0/24, 198.51.100.0/24");
        var address = Valid().Set("TrustedProxyLists:cdn:Source", "https://ranges.example.org/?services=a,b");

        array.ToSettings().TrustedProxyLists.Single().Ranges.Should().HaveCount(2);
        text.ToSettings().TrustedProxyLists.Single().Ranges.Should().HaveCount(2);
        address.ToSettings().TrustedProxyLists.Single().Location!.Query.Should().Be("?services=a,b");
    }

    [Theory]
    [InlineData("reds://:hunter2@redis", "redis:// or rediss://")]
    [InlineData("http://:hunter2@redis", "redis:// or rediss://")]
    [InlineData("redis://:hunter2@redis:66000", "port above 65535")]
    [InlineData("redis://:hunter2@redis/first", "number of a database")]
    [InlineData("redis://:hunter2?@redis", "valid host")]
    [InlineData("redis://redis?password=hunter2", "'?' or '#'")]
    [InlineData("redis,pasword=hunter2", "host:port")]
    public void An_invalid_Redis_address_is_an_error_that_names_the_part_but_never_shows_it(string url, string word)
    {
        var (_, errors) = Valid().Set("ModeStore:Redis", url).Read();

        var error = errors.Should().ContainSingle().Subject;
        error.Key.Should().Be("Router:ModeStore:Redis");
        error.ToString().Should().Contain(word).And.NotContain("hunter2");
    }

    [Fact]
    public async Task A_key_that_a_file_sets_twice_is_an_error_with_its_place_and_what_to_do()
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "twice.json");
        await File.WriteAllTextAsync(file, "{ \"Router\": {\n  \"Mode\": \"live\",\n  \"Mode\": \"hold\" } }");

        var start = async () => await RouterApplication.BuildAsync(RunningRouter.Options(file, null));
        var error = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All[0];

        error.Key.Should().Be($"{file}:3:11");
        error.ToString().Should().Contain("'Router:Mode' is set a second time. Remove one of the two");
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("101")]
    [InlineData("103")]
    [InlineData("200")]
    [InlineData("204")]
    [InlineData("205")]
    [InlineData("302")]
    [InlineData("304")]
    [InlineData("600")]
    public void A_page_can_replace_only_an_error(string status)
    {
        var (_, errors) = Valid()
            .Set("ErrorPages:own:OnStatus", status)
            .Set("ErrorPages:own:Backend", "www")
            .Set("ErrorPages:own:Path", "/404")
            .Read();

        errors
            .Should()
            .ContainSingle()
            .Which.ToString()
            .Should()
            .Contain("Router:ErrorPages:own:OnStatus")
            .And.Contain($"'{status}' is not the status code of an error")
            .And.Contain("List codes from 400 to 599");
    }

    [Theory]
    [InlineData(null, null, 60)]
    [InlineData("10s", null, 10)]
    [InlineData("10s", "2m", 120)]
    [InlineData("10s", "0s", 0)]
    public void A_write_of_unknown_outcome_settles_within_the_response_timeout_unless_a_setting_says_otherwise(
        string? responseTimeout,
        string? settleTime,
        int seconds
    )
    {
        var site = Valid();
        if (responseTimeout is not null)
            site.Set("Backends:www:ResponseTimeout", responseTimeout);
        if (settleTime is not null)
            site.Set("Backends:www:WriteSettleTime", settleTime);

        site.ToSettings().Backends.Single().WriteSettleTime.Should().Be(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void A_valid_configuration_has_no_errors() => Valid().Read().Errors.Should().BeEmpty();

    [Fact]
    public void A_table_without_hosts_is_an_error() =>
        new SiteFile().Frontend("www").Read().Errors.Should().ContainSingle().Which.Key.Should().Be("Router:Hosts");

    [Fact]
    public async Task All_errors_are_listed_at_once()
    {
        var start = async () =>
            await RunningRouter.StartAsync(
                Valid()
                    .Mode("open")
                    .Set("Backends:www:Address", "www.internal")
                    .Set("Backends:www:ResponseTimeout", "60")
                    .Set("AllowLists:staff", "10.0.0.0/33")
                    .Set("Hosts:other:Match", "a..b")
                    .Set("Hosts:www:Backend", "wwww")
                    .Set("Hosts:www:Paths:z:Match", "admin")
                    .Set("Colour", "blue")
            );

        var errors = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All;

        errors
            .Select(error => error.Key)
            .Should()
            .BeEquivalentTo(
                "Router:Mode",
                "Router:Backends:www:Address",
                "Router:Backends:www:ResponseTimeout",
                "Router:AllowLists:staff",
                "Router:Hosts:other:Match",
                "Router:Hosts:www:Backend",
                "Router:Hosts:www:Paths:z:Match",
                "Router:Colour"
            );
    }

    [Fact]
    public async Task In_Production_a_missing_address_is_an_error_that_names_its_variable()
    {
        var start = async () =>
            await RunningRouter.StartWithItsOwnTableAsync(("DM_API_URL", "http://api.internal"), ("DM_USER_IPS", "0.0.0.0/0"));

        var errors = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All;

        errors
            .Select(error => error.Key)
            .Should()
            .Contain("Router:Backends:frontend:Address (DM_FRONTEND_URL)")
            .And.Contain("Router:AllowLists:developers (DM_DEV_USER_IPS)")
            .And.NotContain(key => key.Contains("DM_API_URL") || key.Contains("DM_USER_IPS"));
    }

    [Fact]
    public async Task A_file_that_is_not_JSON_prevents_startup()
    {
        var directory = Directory.CreateTempSubdirectory("router-test-").FullName;
        var file = Path.Combine(directory, "broken.json");
        await File.WriteAllTextAsync(file, "{ \"Router\": { ");

        var start = async () => await RouterApplication.BuildAsync(RunningRouter.Options(file, null));
        var error = (await start.Should().ThrowAsync<InvalidConfigurationException>()).Which.Errors.All[0];

        error.Key.Should().Be($"{file}:1:15");
        error.Problem.Should().Contain("can't be read");
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_missing_file_prevents_startup()
    {
        var file = Path.Combine(Path.GetTempPath(), "no-such-directory-of-router", "site.json");

        var start = async () => await RouterApplication.BuildAsync(RunningRouter.Options(file, null));

        (await start.Should().ThrowAsync<InvalidConfigurationException>())
            .Which.Errors.All.Should()
            .Contain(error => error.Problem.Contains("neither the file nor its directory exists"));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("65536")]
    [InlineData("-1")]
    public void An_invalid_port_is_an_error(string port)
    {
        var errors = new ValidationErrors();

        new StartOptions { Environment = new(("PORT", port)) }.ListenUrls(errors);

        errors.All.Should().ContainSingle().Which.Key.Should().Be("PORT");
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "http://127.0.0.1:2", "3", "http://127.0.0.1:1")]
    [InlineData(null, "http://127.0.0.1:2", "3", "http://127.0.0.1:2")]
    [InlineData(null, null, "3", "http://*:3")]
    [InlineData(null, null, null, "http://*:8080")]
    public void The_command_line_overrides_the_environment_and_the_default_port_is_8080(
        string? urls,
        string? aspnet,
        string? port,
        string expected
    )
    {
        var options = new StartOptions
        {
            Urls = urls,
            Environment = new(
                from variable in (IEnumerable<(string Name, string? Value)>)[("ASPNETCORE_URLS", aspnet), ("PORT", port)]
                where variable.Value is not null
                select (variable.Name, variable.Value)
            ),
        };

        options.ListenUrls(new ValidationErrors()).Should().Be(expected);
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("content-length")]
    [InlineData("Content_Length")]
    [InlineData("Transfer-Encoding")]
    [InlineData("Trailer")]
    [InlineData("Connection")]
    [InlineData("Keep-Alive")]
    [InlineData("Proxy-Connection")]
    [InlineData("TE")]
    [InlineData("Upgrade")]
    public void A_response_header_of_the_connection_or_of_framing_cannot_be_added(string name)
    {
        var (_, errors) = Valid().Set("Hosts:www:ResponseHeaders", "extra").Set($"ResponseHeaders:extra:Add:{name}", "3").Read();

        var error = errors.Should().ContainSingle().Subject;
        error.Key.Should().Be($"Router:ResponseHeaders:extra:Add:{name}");
        error.ToString().Should().Contain("framing").And.Contain("Remove this header");
    }

    private static SiteFile Valid() =>
        new SiteFile()
            .Frontend("www", "http://www.internal:8080")
            .AllowList("staff", "203.0.113.0/24")
            .Set("Hosts:other:Match", "*.other")
            .Set("Hosts:other:Backend", "www")
            .Set("Hosts:www:Match", "www.*")
            .Set("Hosts:www:Backend", "www")
            .Set("Hosts:www:AllowList", "staff")
            .Set("Hosts:www:Paths:z:Match", "/a")
            .Set("Hosts:www:Paths:there:Match", "/there");
}
