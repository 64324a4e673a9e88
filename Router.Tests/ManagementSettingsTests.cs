using Router.Configuration;

namespace Router.Tests;

public sealed class ManagementSettingsTests
{
    private static SiteFile Site() => SiteFile.Of("www.*", "http://backend.invalid");

    [Theory]
    [InlineData("Management:Url", "9900", "Router:Management:Url")]
    [InlineData("Management:Url", "http://127.0.0.1:9900/path", "Router:Management:Url")]
    [InlineData("Management:Url", "http://0.0.0.0:9900", "Router:Management:Token")]
    [InlineData("Management:Url", "http://*:9900", "Router:Management:Token")]
    [InlineData("Management:Token", "short", "Router:Management:Token")]
    [InlineData("Management:TokenFile", "/nowhere/token", "Router:Management:TokenFile")]
    [InlineData("Management:ReadToken", "short", "Router:Management:ReadToken")]
    [InlineData("Management:ReadToken", "0123456789abcdef", "Router:Management:ReadToken")]
    [InlineData("Management:ReadTokenFile", "/nowhere/token", "Router:Management:ReadTokenFile")]
    [InlineData("Management:Page", "maybe", "Router:Management:Page")]
    [InlineData("Management:Tokn", "x", "Router:Management:Tokn")]
    [InlineData("ModeStore:File", "/nowhere/mode.json", "Router:ModeStore:File")]
    [InlineData("ModeStore:ActivationDelay", "5m", "Router:ModeStore:ActivationDelay")]
    [InlineData("ModeStore:WhenUnreachable", "live", "Router:ModeStore:WhenUnreachable")]
    [InlineData("ModeStore:Fiel", "x", "Router:ModeStore:Fiel")]
    [InlineData("ModeStore:Redis", "http://:short@redis", "Router:ModeStore:Redis")]
    [InlineData("ModeStore:Redis", "redis://:short@", "Router:ModeStore:Redis")]
    [InlineData("ModeStore:Redis", "redis://:short@redis/first", "Router:ModeStore:Redis")]
    [InlineData("ModeStore:Redis", "redis,pasword=short", "Router:ModeStore:Redis")]
    [InlineData("ModeStore:Prefix", "router", "Router:ModeStore:Prefix")]
    [InlineData("ModeStore:CertificateAuthorities", "/nowhere/ca.pem", "Router:ModeStore:CertificateAuthorities")]
    public void An_invalid_value_is_an_error_that_names_its_key(string key, string value, string named)
    {
        var error = Site().Set(key, value).Read().Errors.Should().ContainSingle().Subject;

        error.Key.Should().Be(named);
        error.Hint.Should().NotBeEmpty();
        error.ToString().Should().NotContain("short", "a token is a secret");
    }

    [Fact]
    public void Beyond_this_machine_it_listens_with_a_token() =>
        Site().Set("Management:Url", "http://0.0.0.0:9900").Set("Management:Token", "0123456789abcdef").Read().Errors.Should().BeEmpty();

    [Fact]
    public void The_read_only_token_must_differ_from_the_full_one()
    {
        var site = Site().Set("Management:Token", "0123456789abcdef");

        site.Set("Management:ReadToken", "fedcba9876543210").Read().Errors.Should().BeEmpty();
        site.Set("Management:ReadToken", "0123456789abcdef")
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.Key.Should()
            .Be("Router:Management:ReadToken");
    }

    [Theory]
    [InlineData("redis://redis.internal", "redis.internal:6379", false, null, null, null)]
    [InlineData("redis://:a%40b@redis:7000/3", "redis:7000", false, null, "a@b", 3)]
    [InlineData("rediss://router:secret@redis", "redis:6379", true, "router", "secret", null)]
    [InlineData("redis:7000,password=secret,ssl=true", "redis:7000", true, null, "secret", null)]
    public void A_Redis_is_named_by_its_URL_or_in_the_form_of_the_client_library(
        string text,
        string address,
        bool tls,
        string? user,
        string? password,
        int? database
    )
    {
        RedisSettings.TryParse(text, out var options, out _).Should().BeTrue();

        options!.EndPoints.Single().ToString().Should().EndWith(address);
        (options.Ssl, options.User, options.Password, options.DefaultDatabase).Should().Be((tls, user, password, database));
    }

    [Fact]
    public void A_file_and_Redis_as_the_mode_store_are_mutually_exclusive() =>
        Site()
            .Set("ModeStore:File", "mode.json")
            .Set("ModeStore:Redis", "redis://redis")
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.Key.Should()
            .Be("Router:ModeStore:Redis");

    [Theory]
    [InlineData("Redis")]
    [InlineData("File")]
    public void None_overrides_the_store_of_another_layer_and_the_keys_that_belong_to_it(string key)
    {
        var site = Site().Set($"ModeStore:{key}", "none").Set("ModeStore:Lease", "30s");
        if (key is "Redis")
            site.Set("ModeStore:Prefix", "router-staging");

        var settings = site.ToSettings().ModeStore;

        (settings.File, settings.Redis, settings.Lease).Should().Be((null, null, null));
    }

    [Fact]
    public void None_is_not_a_relative_path()
    {
        var values = new Dictionary<string, string?> { ["Router:ModeStore:File"] = "none" };

        RelativePaths.Resolve(values, "/etc/router");

        values["Router:ModeStore:File"].Should().Be("none");
    }

    [Theory]
    [InlineData("Prefix", "{router}")]
    [InlineData("CertificateAuthorities", "authority.pem")]
    public void Settings_of_Redis_must_fit_together(string key, string value)
    {
        using var certificate = Certificates.Of("redis");
        File.WriteAllText("authority.pem", certificate.ExportCertificatePem());

        Site()
            .Set("ModeStore:Redis", "redis://redis")
            .Set($"ModeStore:{key}", value)
            .Read()
            .Errors.Should()
            .ContainSingle()
            .Which.Key.Should()
            .Be($"Router:ModeStore:{key}");
    }
}
